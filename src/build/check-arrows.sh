#!/usr/bin/env bash
# check-arrows.sh: which room of the house may include which, checked on the include lines.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# room: what it may include besides itself.
platform='base config crypto domain http shm net watch mail proc db hosts'
kit="$platform effects clients api record"
wings=$(for wing in src/modules/*/; do wing=${wing%/}; echo "${wing#src/}: $kit identity"; done)
rooms="
base:
config:  base
crypto:  base
domain:  base
http:    base
shm:     base
net:     base config
watch:   base config shm net
mail:    base config net
proc:    base config
db:      base config crypto domain http shm
hosts:   base config crypto domain shm db
effects: $platform
clients: $platform effects
api:     $platform effects clients
record:  $platform effects clients api
identity: $kit
$wings
workers: $kit identity modules
ctl:     $kit identity modules workers
bin:     $kit identity modules workers ctl
"

# header of another wing, or of one above: the room that may include it all the same.
ports='
tenantd/identity/accounts_store.hpp       api effects
tenantd/identity/bound.hpp                api
tenantd/identity/key_use.hpp              api
tenantd/identity/live_sessions.hpp        api
tenantd/identity/organizations.hpp        api
tenantd/identity/sessions_store.hpp       api
tenantd/modules/inventory/stock.hpp       modules/purchasing
tenantd/modules/inventory/warehouse.hpp   modules/purchasing
tenantd/modules/streams/keeping.hpp       identity
tenantd/modules/webhooks/events_store.hpp modules/documents
tenantd/modules/webhooks/keeping.hpp      identity
'

# header: the only room that may include it.
owners='
ares.h            net
argon2.h          crypto
cbor.h            crypto
cgicc/            http
cppconn/          db
fcgi_stdio.h      http
fcgiapp.h         http
fido.h            crypto
fido/             crypto
hiredis/          clients
mysql_connection  db
mysql_driver      db
liboath/          crypto
libpsl.h          domain
openssl/          crypto
rapidjson/        base
seccomp.h         proc
'

find include/tenantd src -path src/build -prune -o -type f \( -name '*.hpp' -o -name '*.cpp' -o -name '*.def' \) -print |
  LC_ALL=C sort | xargs -r awk -v rooms="$rooms" -v owners="$owners" -v ports="$ports" '
  BEGIN {
    count = split(rooms, lines, "\n")
    for (i = 1; i <= count; i++) {
      n = split(lines[i], words, /[: ]+/)
      if (words[1] == "") continue
      known[words[1]] = allowed[words[1], words[1]] = 1
      for (j = 2; j <= n; j++) allowed[words[1], words[j]] = 1
    }
    count = split(owners, lines, "\n")
    for (i = 1; i <= count; i++) if (split(lines[i], words, / +/) == 2) owner[words[1]] = words[2]
    count = split(ports, lines, "\n")
    for (i = 1; i <= count; i++) {
      n = split(lines[i], words, / +/)
      for (j = 2; j <= n; j++) port[words[j], words[1]] = unused[words[j], words[1]] = 1
    }
  }
  function complain(why) {
    printf "%s:%d: %s\n", FILENAME, FNR, why
    bad = 1
  }
  function room_of(first, second) { return first == "modules" ? first "/" second : first }
  FNR == 1 {
    split(FILENAME, parts, "/")
    at = parts[1] == "include" ? 3 : 2
    room = room_of(parts[at], parts[at + 1])
    if (!(room in known)) { complain("no room is called " room "; add it to the table in check-arrows.sh") }
  }
  /^[ \t]*#[ \t]*include/ {
    header = $0
    gsub(/^[^"<]*["<]|[">].*$/, "", header)
    if (header ~ /^\.\.?\//) complain("includes " header "; a header of another room is included as tenantd/ROOM/")
    public = header ~ /^tenantd\//
    split(public ? substr(header, 9) : header, parts, "/")
    other = room_of(parts[1], parts[2])
    if (other in known && other != room) {
      if ((room, header) in port) delete unused[room, header]
      else if (!public) complain(header " lies beside the sources of " other ", for that room alone")
      else if (!((room, other) in allowed) && !((room, parts[1]) in allowed))
        complain(room " must not include " other " (" header ")")
    }
    for (prefix in owner)
      if (index(header, prefix) == 1 && room != owner[prefix]) complain("only " owner[prefix] " includes " header)
  }
  END {
    for (pair in unused) {
      split(pair, parts, SUBSEP)
      printf "check-arrows.sh: %s does not include the port %s\n", parts[1], parts[2]
      bad = 1
    }
    exit bad
  }'
