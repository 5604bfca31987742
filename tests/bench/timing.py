#!/usr/bin/env python3
"""What the time of an answer tells about an account: timing.py URL TRIES < ACCOUNTS

ACCOUNTS: lines "known EMAIL" and "locked EMAIL". Each case asks over one kept connection; the cases take turns in an order
that is shuffled each time, so that whatever else the machine does meets all of them alike. Prints for each case its group,
its name, the median in milliseconds, the ratio to its group's first, the interval that holds that ratio with 95 %
(bootstrap), and the ratio of the lower quartiles, which a busy machine disturbs less. Exits with 1 if an answer was not
the one that every case of a group must give.
"""
import http.client
import json
import random
import statistics
import sys
import time
from urllib.parse import urlsplit

WRONG = "wrong horse battery 13"


def main():
    address, tries = urlsplit(sys.argv[1]).netloc, int(sys.argv[2])
    accounts = {"known": [], "locked": []}
    for line in sys.stdin:
        kind, email = line.split()
        accounts[kind].append(email)
    kinds = {
        "unknown": lambda i: f"nobody-{i}@example.com",
        "known": lambda i: accounts["known"][i % len(accounts["known"])],
        "locked": lambda i: accounts["locked"][i % len(accounts["locked"])],
    }

    def sign_in(email):
        return "/signin", {"email": email, "password": WRONG}, 401

    def reset(email):
        return "/api/v1/auth/password-reset/request", {"email": email}, 202

    cases = [
        ("sign-in", "unknown user", sign_in, kinds["unknown"]),
        ("sign-in", "wrong password", sign_in, kinds["known"]),
        ("sign-in", "locked account", sign_in, kinds["locked"]),
        ("reset", "unknown address", reset, kinds["unknown"]),
        ("reset", "known address", reset, kinds["known"]),
        ("reset", "locked account", reset, kinds["locked"]),
    ]
    connection = http.client.HTTPConnection(address, timeout=30)
    connection.connect()
    times = {case[:2]: [] for case in cases}
    bodies = {}

    def ask(case, i):
        group, name, request, email = case
        path, body, status = request(email(i))
        text = json.dumps(body)
        begun = time.perf_counter_ns()
        connection.request("POST", path, text, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        data = reply.read()
        took = time.perf_counter_ns() - begun
        answer = json.loads(data)
        answer.pop("request_id", None)
        if reply.status != status or bodies.setdefault(group, answer) != answer:
            sys.exit(f"{name}: {reply.status} {data.decode()}")
        return took / 1e6

    warm = max(10, tries // 10)
    for i in range(-warm, tries):
        for case in random.sample(cases, len(cases)):
            took = ask(case, abs(i))
            if i >= 0:
                times[case[:2]].append(took)

    first = {}
    for (group, name), taken in times.items():
        base = first.setdefault(group, taken)
        low, high = interval(base, taken)
        ratio = statistics.median(taken) / statistics.median(base)
        print(f"{group}|{name}|{statistics.median(taken):.3f}|{ratio:.3f}|{low:.3f}|{high:.3f}|{quartile(taken) / quartile(base):.3f}")


def quartile(taken):
    return statistics.quantiles(taken, n=4)[0]


# The two are measured side by side, so they are drawn together.
def interval(base, taken, draws=1000):
    count = len(base)
    ratios = []
    for _ in range(draws):
        picks = [random.randrange(count) for _ in range(count)]
        ratios.append(statistics.median(taken[i] for i in picks) / statistics.median(base[i] for i in picks))
    ratios.sort()
    return ratios[int(draws * 0.025)], ratios[int(draws * 0.975)]


main()
