#!/usr/bin/env bash
# check-arrows.sh: which room of the house may include which, checked on the include lines.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# room: what it may include besides itself.
rooms='
base:
config:  base
crypto:  base
domain:  base
http:    base
shm:     base
net:     base config
mail:    base config net
proc:    base config
db:      base config crypto domain http shm
store:   base config crypto domain http shm mail db
service: base config crypto domain http shm net mail db store
api:     base config crypto domain http shm net mail db store service
ctl:     base config crypto domain http shm net mail db store service api proc
bin:     base config crypto domain http shm net mail db store service api proc ctl
'

# header: the only room that may include it.
owners='
argon2.h          crypto
cgicc/            http
cppconn/          db
fcgi_stdio.h      http
fcgiapp.h         http
mysql_connection  db
mysql_driver      db
liboath/          crypto
openssl/          crypto
'

find include/tenantd src -path src/build -prune -o -type f \( -name '*.hpp' -o -name '*.cpp' -o -name '*.def' \) -print | LC_ALL=C sort | xargs -r awk -v rooms="$rooms" -v owners="$owners" '
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
  }
  function complain(why) {
    printf "%s:%d: %s\n", FILENAME, FNR, why
    bad = 1
  }
  FNR == 1 {
    split(FILENAME, parts, "/")
    room = parts[1] == "include" ? parts[3] : parts[2]
    if (!(room in known)) { complain("no room is called " room "; add it to the table in check-arrows.sh") }
  }
  /^[ \t]*#[ \t]*include/ {
    header = $0
    gsub(/^[^"<]*["<]|[">].*$/, "", header)
    if (header ~ /^\.\.?\//) complain("includes " header "; a header of another room is included as tenantd/ROOM/")
    if (header ~ /^tenantd\//) {
      split(header, parts, "/")
      if (!((room, parts[2]) in allowed)) complain(room " must not include " parts[2] " (" header ")")
    }
    for (prefix in owner)
      if (index(header, prefix) == 1 && room != owner[prefix]) complain("only " owner[prefix] " includes " header)
  }
  END { exit bad }'
