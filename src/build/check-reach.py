#!/usr/bin/env python3
"""check-reach.py UNIT...: whether the addresses that a unit may reach are the public ones and this machine's own.

Exits with 1 and says which are wrong otherwise.
"""
import ipaddress
import sys

NEVER = ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
         "198.18.0.0/15", "224.0.0.0/3", "fc00::/7", "fe80::/10", "ff00::/8")
EVER = ("1.1.1.1/32", "8.0.0.0/7", "11.0.0.0/8", "172.32.0.0/11", "192.167.0.0/16", "192.169.0.0/16", "223.0.0.0/8",
        "2000::/3")
WORDS = {"localhost": ("127.0.0.0/8", "::1/128"), "any": ("0.0.0.0/0", "::/0")}

bad = 0
for path in sys.argv[1:]:
    allowed, denied = [], []
    for line in open(path, encoding="utf-8"):
        key, _, value = line.strip().partition("=")
        for word in value.split() if key in ("IPAddressAllow", "IPAddressDeny") else ():
            (allowed if key == "IPAddressAllow" else denied).extend(
                map(ipaddress.ip_network, WORDS.get(word, (word,))))
    if {str(each) for each in denied} != {"0.0.0.0/0", "::/0"}:
        bad = print(path, "does not say IPAddressDeny=any") or 1
    for net in map(ipaddress.ip_network, NEVER):
        bad |= any(net.version == each.version and net.overlaps(each) and print(path, "reaches", each) is None for each in allowed)
    whole = {4: 0, 6: 0}
    for each in ipaddress.collapse_addresses(each for each in allowed if each.version == 4):
        whole[4] += each.num_addresses
    never = sum(ipaddress.ip_network(net).num_addresses for net in NEVER if ":" not in net)
    if whole[4] + never != 2 ** 32:
        bad = print(path, "does not reach", 2 ** 32 - whole[4] - never, "addresses that are public") or 1
    for net in map(ipaddress.ip_network, EVER):
        covered = any(net.version == each.version and net.subnet_of(each)
                      for each in ipaddress.collapse_addresses(e for e in allowed if e.version == net.version))
        bad |= not covered and print(path, "does not reach", net) is None
sys.exit(1 if bad else 0)
