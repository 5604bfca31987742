#!/usr/bin/env bash
# tests/bench/run.sh: measures tenantd beside a bare FastCGI hello on the same nginx, in an instance of its own.
#
#   run.sh [--case NAME]... [--seconds N] [--rounds N] [--connections N] [--tries N] [--help]
#
# A case and its yardstick take turns, N rounds of N seconds each; medians are printed. The yardstick is hello, behind a
# location and an upstream that differ from tenantd's in the socket alone; for sign-in it is the bare Argon2id in as many
# processes as the password lane has workers. CPU time is that of every process of a kind, from /proc. The courier stands
# still while requests are measured, so that the database's time is theirs, and is measured by itself at the end. The
# database has room for what is asked about (256 MB of buffer pool; DATABASE_OPTIONS= for the 32 MB of `make run`).
#
# Cases: me me-uncached list refresh sign-in invite users users-between role-users role-users-between products movement
# search project-stats mixed; timing neighbours. Before project-stats and search 100,000 documents of 1,001 organizations are put in (documents.sql).
# me-uncached is `GET /users/me` with SESSION_CACHE_SECONDS=0: the session read from the database each time.
# timing, which only runs when it is named, compares how long the refusals of sign-in and the answers to reset requests
# take for accounts that exist, do not exist or are locked, N tries each: whether the time tells.
# mixed is the daily mixture of 41 organizations: reads, lists, numbers, a movement of stock in twelve requests, and a sign-in in forty.
# neighbours, which only runs when it is named, asks for one organization while others do their worst, N seconds each.
#
# DB=mysql: all of it on MariaDB, then on MySQL, and the two beside each other at the end.
#
# Exit status: 0 everything was measured, 1 something failed or a request was refused. A missed aim changes nothing:
# how fast this machine was in this minute is for a person to judge.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
here=$top/tests/bench
export BUILD=${BUILD:-$top/build}
PATH=$PATH:/usr/sbin:/sbin
stack=$top/src/build/stack.sh

all_cases=(me me-uncached list refresh sign-in invite users users-between role-users role-users-between products
  movement search project-stats mixed)
chosen=()
seconds=2 rounds=3 connections=32 threads=2 tries=200 timing=0 neighbours=0

fail() {
  printf 'bench: %s\n' "$*" >&2
  exit 1
}

usage() { sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p;}' "${BASH_SOURCE[0]}"; }

number() { case $1 in '' | 0 | *[!0-9]*) fail "$2 must be a whole number above 0." ;; *) printf '%s' "$1" ;; esac; }

given=("$@")
while [ $# -gt 0 ]; do
  case $1 in
    --case)
      case ${2:-} in timing | neighbours)
        declare "$2=1"
        shift 2
        continue
        ;;
      esac
      case " ${all_cases[*]} " in *" ${2:-} "*) chosen+=("$2") ;; *) fail "no case is called '${2:-}'; there are ${all_cases[*]}." ;; esac
      shift
      ;;
    --seconds) seconds=$(number "${2:-}" --seconds) || exit 1; shift ;;
    --rounds) rounds=$(number "${2:-}" --rounds) || exit 1; shift ;;
    --tries) tries=$(number "${2:-}" --tries) || exit 1; shift ;;
    --connections) connections=$(number "${2:-}" --connections) || exit 1; shift ;;
    --help) usage; exit 0 ;;
    *) fail "unknown argument $1; see --help." ;;
  esac
  shift
done
[ ${#chosen[@]} -gt 0 ] || [ $((timing + neighbours)) -gt 0 ] || chosen=("${all_cases[@]}")
# The account of a sign-in is taken in turn: with more at once than accounts, one would be locked.
[ "$connections" -le 256 ] || fail "--connections must not exceed 256."
[ $((connections % threads)) = 0 ] || fail "--connections must be even."

for name in tenantd bench/hello bench/hash; do
  [ -x "$BUILD/$name" ] || fail "$BUILD/$name is missing; run 'make bench'."
done
"$top/src/build/packages.sh" install-missing run bench || exit 1

# --- both servers ------------------------------------------------------------------------------------------------------

# The medians of both, a case a line.
beside() {
  awk '
    function median(key,    n, i, j, t, v) {
      n = split(values[key], v, " ")
      for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
      return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
    }
    function pair(column, unit,    a, b) {
      a = median(names[i] SUBSEP "mariadb" SUBSEP column) / unit
      b = median(names[i] SUBSEP "mysql" SUBSEP column) / unit
      return sprintf("%10.2f %10.2f %6.2f", a, b, a > 0 ? b / a : 0)
    }
    FNR == 1 { ++file }
    {
      if (!($1 in seen)) { seen[$1] = 1; names[++count] = $1 }
      for (c = 2; c <= NF; c++) values[$1, file == 1 ? "mariadb" : "mysql", c] = values[$1, file == 1 ? "mariadb" : "mysql", c] " " $c
    }
    END {
      printf "\n%-19s %-28s %-28s %-28s %-28s\n", "MariaDB, MySQL", "req/s", "p50 ms", "p99 ms", "database, CPU µs a request"
      for (i = 1; i <= count; i++) printf "%-19s%s%s%s%s\n", names[i], pair(2, 1), pair(4, 1000), pair(5, 1000), pair(8, 1)
    }' "$1/mariadb" "$1/mysql"
}

if [ "${DB:-mariadb}" = mysql ] && [ -z "${BENCH_RESULTS:-}" ]; then
  results=$(mktemp -d /tmp/tenantd-bench.XXXXXX) || exit 1
  for server in mariadb mysql; do
    printf '%s\n\n' "--- $server"
    DB=$server BENCH_RESULTS=$results/$server "${BASH_SOURCE[0]}" "${given[@]}" || { rm -rf "$results"; exit 1; }
  done
  beside "$results"
  rm -rf "$results"
  exit 0
fi

# --- the instance ------------------------------------------------------------------------------------------------------

work=$(mktemp -d /tmp/tenantd-bench.XXXXXX) || exit 1
export RUN_DIR=$work/run PORT=0 SWEEP_EVERY=0 REPORT_EVERY=0 MAIL_TRANSPORT=file
export DATABASE_OPTIONS=${DATABASE_OPTIONS---innodb-buffer-pool-size=256M}
export LIMIT_ACCOUNT=0 LIMIT_INVITE=0 LIMIT_MAIL=0 LIMIT_MAIL_ALERTS=0 LIMIT_MAIL_CAUSED=0 LIMIT_PASSWORD=0 LIMIT_READ=0 LIMIT_WRITE=0
# Each sign-in that is measured is a session of a few accounts.
export SESSIONS_PER_ACCOUNT=100000
export ACCESS_TOKEN_SECONDS=86400 INVITE_SECONDS=86400  # longer than any run
export WORKERS=${WORKERS:-4} WORKER_THREADS=${WORKER_THREADS:-4} HASH_WORKERS=${HASH_WORKERS:-2} HASH_NICE=${HASH_NICE:-5}
started=()  # processes of ours, ended by pid

finish() {
  local pid
  trap - EXIT INT TERM
  [ -z "${courier:-}" ] || kill -CONT "$courier" 2>/dev/null
  for pid in "${started[@]}"; do kill -TERM "$pid" 2>/dev/null; done
  for pid in "${started[@]}"; do wait "$pid" 2>/dev/null; done
  "$stack" stop >"$work/stop.log" 2>&1 || { cat "$work/stop.log" >&2; set -- 1; }
  if [ "$1" = 0 ]; then
    rm -rf "$work"
  else
    rm -rf "$RUN_DIR/data"
    echo "bench: the logs of this run are in $work" >&2
  fi
  exit "$1"
}
trap 'finish 130' INT TERM
trap 'finish 1' EXIT

sql() { "$stack" sql --batch --skip-column-names "$@"; }

get() { curl -sS -m 30 "$@"; }

await() {
  local deadline=$((SECONDS + 20)) what=$1
  shift
  until "$@"; do
    [ $SECONDS -lt $deadline ] || fail "$what did not come up; see $work."
    sleep 0.02
  done
}

# --- processes: their CPU time and their memory ------------------------------------------------------------------------

part_pid() { cut -d ' ' -f 1 "$RUN_DIR/pid/$1"; }
children() { cat "/proc/$1/task/$1/children" 2>/dev/null; }

# CPU microseconds of a process and its children, those that have ended included.
hertz=$(getconf CLK_TCK)
cpu_of() {
  local pid line fields ticks=0 first=1
  # shellcheck disable=SC2046  # a list
  for pid in "$1" $(children "$1"); do
    read -r line 2>/dev/null <"/proc/$pid/stat" || continue
    read -ra fields <<<"${line##*) }"
    ticks=$((ticks + fields[11] + fields[12] + (first ? fields[13] + fields[14] : 0)))
    first=0
  done
  printf '%s' $((ticks * 1000000 / hertz))
}

niceness_of() {
  local line fields
  read -r line <"/proc/$1/stat" && read -ra fields <<<"${line##*) }" && printf '%s' "${fields[16]}"
}

pss_of() { awk '/^Pss:/ { print $2 }' "/proc/$1/smaps_rollup"; }

# "kind KiB" for each process that tenantd consists of. The workers of the password lane are the nicer ones.
memory() {
  local pid base kind
  base=$(niceness_of "$tenantd")
  printf 'master %s\n' "$(pss_of "$tenantd")"
  for pid in $(children "$tenantd"); do
    kind='fast'
    [ "$(niceness_of "$pid")" = "$base" ] || kind='hash'
    printf '%s %s\n' $kind "$(pss_of "$pid")"
  done
  printf 'courier %s\n' "$(pss_of "$courier")"
}

# --- preparation -------------------------------------------------------------------------------------------------------

begin_hello() {
  hello_socket=$work/hello.sock
  "$BUILD/bench/hello" "$hello_socket" "$WORKERS" "$WORKER_THREADS" >"$work/hello.log" 2>&1 &
  hello=$!
  started+=("$hello")
  await hello test -S "$hello_socket"
}

# A location that is tenantd's own in everything but the upstream.
location() {
  printf 'location = %s {\n  %s\n' "$1" "$3"
  sed "s/^fastcgi_pass .*/fastcgi_pass $2;/" "$top/nginx/snippets/fastcgi.conf"
  printf '}\n'
}

extend_nginx() {
  # tenantd's own upstream with other sockets.
  sed -n '/upstream tenantd_fast {/,/}/p' "$RUN_DIR/nginx/nginx.conf" >"$work/upstream"
  local name
  for name in hello second; do
    sed "s|tenantd_fast|tenantd_$name|; s|\"unix:[^\"]*\"|\"unix:$work/$name.sock\"|" "$work/upstream"
  done >"$RUN_DIR/nginx/extra-http-bench.conf"
  {
    location /bench-hello tenantd_hello ''
    location /bench-me tenantd_second 'rewrite ^ /users/me break;'
    location /bench-metrics tenantd_second 'rewrite ^ /metrics break;'
    location /bench-ready tenantd_second 'rewrite ^ /health/ready break;'
  } >"$RUN_DIR/nginx/extra-server-bench.conf"
  kill -HUP "$nginx" || fail "nginx is gone."
  await 'the hello location' answers /bench-hello
}

answers() { [ "$(get -o /dev/null -w '%{http_code}' "$url$1" 2>/dev/null)" = 200 ]; }

# The same question with less ado, since starting curl takes as long as what is measured.
answers_fast() {
  local status=
  { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || return 1
  printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&3
  read -r -t 5 status <&3
  exec 3>&-
  [[ $status == *' 200 '* ]]
}

# Another tenantd on the same database: how long until it is ready, and tenantd without its session cache.
# begin_second SETTING=VALUE...; sets `second`.
begin_second() {
  (
    # shellcheck disable=SC1091  # made at the start
    . "$RUN_DIR/environment"
    # shellcheck disable=SC2163  # SETTING=VALUE
    export FAST_SOCKET=$work/second.sock HASH_SOCKET=$work/second-hash.sock OUTBOUND_SOCKET=$work/second-outbound.sock "$@"
    exec "$BUILD/tenantd"
  ) >"$work/second.log" 2>&1 &
  second=$!
  started+=("$second")
}

end_second() {
  kill -TERM "$second"
  wait "$second"
}

# Milliseconds from the start of the process to the first 200 of /health/ready; the median of five.
measure_ready() {
  local from times=()
  while [ ${#times[@]} -lt 5 ]; do
    from=$EPOCHREALTIME
    begin_second
    until answers_fast /bench-ready; do kill -0 "$second" 2>/dev/null || fail "tenantd ended; see $work/second.log."; done
    times+=("$(awk -v a="$from" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.0f", (b - a) * 1000 }')")
    end_second
  done
  ready_ms=$(printf '%s\n' "${times[@]}" | sort -n | sed -n 3p)
}

sign_in() {
  get -f "$url/signin" -H "$json" -d "{\"email\":\"$1\",\"password\":\"correct horse battery\"}" |
    sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p'
}

json='Content-Type: application/json'

prepare() {
  local from=$EPOCHREALTIME now
  get -f -o /dev/null "$url/signup" -H "$json" \
    -d '{"email":"owner@example.com","password":"correct horse battery","organization_name":"Bench"}' || fail "signing up failed."
  sql <"$here/seed.sql" >"$work/seed.log" 2>&1 || fail "seeding failed: $(tail -n 1 "$work/seed.log")"
  case " ${chosen[*]} " in
    *' search '* | *' project-stats '*)
      sql <"$here/documents.sql" >"$work/documents.log" 2>&1 || fail "seeding failed: $(tail -n 1 "$work/documents.log")"
      ;;
  esac
  owner_token=$(sign_in owner@example.com)
  counter_token=$(sign_in counter@example.com)
  if [ -z "$owner_token" ] || [ -z "$counter_token" ]; then fail "signing in failed."; fi
  now=$(sql -e 'SELECT COUNT(*) FROM tenantd.member')
  awk -v a="$from" -v b="$EPOCHREALTIME" -v n="$now" 'BEGIN { printf "seeded %d memberships in %.1f s\n", n, b - a }'
}

# The owners of 40 organizations more for `mixed`, and the first hundred products in each; a line is an access token.
sign_up_tenants() {
  local i
  case " ${chosen[*]} " in *' mixed '*) ;; *) return ;; esac
  echo "$owner_token" >"$work/tenants"
  for ((i = 1; i <= 40; ++i)); do
    get -f -o /dev/null "$url/signup" -H "$json" \
      -d "{\"email\":\"tenant$i@example.com\",\"password\":\"correct horse battery\",\"organization_name\":\"Tenant $i\"}"
    printf '%s\n' "$(sign_in "tenant$i@example.com")" >>"$work/tenants"
  done
  [ "$(grep -c . "$work/tenants")" = 41 ] || fail "signing up failed."
  sql <"$here/tenants.sql" >"$work/tenants.log" 2>&1 || fail "seeding failed: $(tail -n 1 "$work/tenants.log")"
}

# Sessions for `refresh`: each run takes new ones, because the last replies of a run are lost with its connections.
collect_sessions() {
  local needed=$(((connections + 2 * threads) * (rounds + 1)))
  case " ${chosen[*]} " in *' refresh '*) ;; *) return ;; esac
  headers=("$json")
  : >"$work/tokens"
  while [ "$(wc -l <"$work/tokens")" -lt $needed ]; do
    load 3 /signin sign-in 199 "$work/collected"
    [ "$bad" = 0 ] || fail "signing in failed while sessions were prepared."
    cat "$work"/collected.* >"$work/tokens"
  done
}

take_sessions() {
  local count=$((connections + 2 * threads))
  head -n $count "$work/tokens" >"$work/tokens.run"
  sed -i "1,${count}d" "$work/tokens"
}

# --- measuring ---------------------------------------------------------------------------------------------------------

# load SECONDS PATH KIND [ARGUMENT...], with `headers`: sets requests, wall (µs), p50, p99 (µs), bad.
headers=()
load() {
  local length=$1 path=$2 header options=() statuses others said
  shift 2
  for header in "${headers[@]}"; do options+=(-H "$header"); done
  said=$(wrk -t $threads -c "$connections" -d "${length}s" --timeout 20s "${options[@]}" -s "$here/load.lua" "$url$path" -- "$@" 2>&1)
  read -r _ requests wall p50 p99 statuses others < <(grep '^result ' <<<"$said") || fail "wrk said: $said"
  bad=$((statuses + others))
}

# Waits until nothing is left to do: a run's last requests are answered although wrk has gone.
settle() {
  local before now quiet=0 deadline=$((SECONDS + 20))
  now=$(($(cpu_of "$server") + $(cpu_of "$mariadb")))
  while [ $quiet -lt 2 ] && [ $SECONDS -lt $deadline ]; do
    sleep 0.05
    before=$now
    now=$(($(cpu_of "$server") + $(cpu_of "$mariadb")))
    if [ $((now - before)) -le 10000 ]; then quiet=$((quiet + 1)); else quiet=0; fi
  done
}

# Requests that the server has answered, whether or not anybody waited for them.
served() {
  local path=/metrics
  [ "$server" = "$tenantd" ] || path=/bench-metrics
  get -f "$url$path" | awk '/^tenantd_http_requests_total/ { sum += $2 } END { printf "%d", sum }'
}

# METHOD PATH TOKEN BODY. An odd number of lines: threads that take every second one send all of them too. Each sign-in is
# another account's, since a few at once of one account would lock it.
write_mixture() {
  local i t tokens product=0191d6a8-7c1e-7a52-8007- warehouse=0191d6a8-7c1e-7a52-8006-000000000001
  path=/users/me
  mapfile -t tokens <"$work/tenants"
  for ((i = 0; i < 41 * 99; ++i)); do
    if [ $((i % 41)) = 40 ]; then
      printf 'POST\t/signin\t-\t{"email":"reader%d@example.com","password":"correct horse battery"}\n' $((i / 41 + 1))
      continue
    fi
    t=${tokens[i % ${#tokens[@]}]}
    case $((i % 12)) in
      0) printf 'POST\t/api/v1/stock-movements\t%s\t{"product_id":"%s%012x","warehouse_id":"%s","type":"in","quantity":1}\n' \
        "$t" $product $((i % 100 + 1)) $warehouse ;;
      1 | 2) printf 'GET\t/api/v1/products?limit=20\t%s\t-\n' "$t" ;;
      3 | 4) printf 'GET\t/organization/list_users?limit=20\t%s\t-\n' "$t" ;;
      5) printf 'GET\t/api/v1/projects/stats\t%s\t-\n' "$t" ;;
      *) printf 'GET\t/users/me\t%s\t-\n' "$t" ;;
    esac
  done >"$work/mixture"
}

# What each case sends. Sets path, kind, headers, and the process that answers.
describe() {
  local from to now
  server=$tenantd headers=() kind=(plain)
  now=$(date +%s)
  # The ends lie in the middle of a block of counts, as nearly all ends do.
  from=$((now - 400 * 86400)) to=$((now - 100 * 86400))
  case $1 in
    me) path=/users/me headers=("Authorization: Bearer $owner_token") ;;
    me-uncached) path=/bench-me server=$second headers=("Authorization: Bearer $owner_token") ;;
    list) path='/organization/list_users?limit=20' headers=("Authorization: Bearer $owner_token") ;;
    refresh)
      path=/refresh_token headers=("$json")
      take_sessions
      kind=(refresh "$work/tokens.run" "$threads")
      ;;
    sign-in) path=/signin headers=("$json") kind=(sign-in 199) ;;
    invite)
      path=/invite_member headers=("$json" "Authorization: Bearer $owner_token")
      invite_runs=$((${invite_runs:-0} + 1))
      kind=(invite "guest$invite_runs-")
      ;;
    products) path='/api/v1/products?limit=20' headers=("Authorization: Bearer $owner_token") ;;
    movement)
      path=/api/v1/stock-movements headers=("$json" "Authorization: Bearer $owner_token")
      kind=(movement 1000)
      ;;
    users) path=/stats/organization-users headers=("Authorization: Bearer $counter_token") ;;
    users-between) path="/stats/organization-users?from_time=$from&to_time=$to" headers=("Authorization: Bearer $counter_token") ;;
    role-users) path=/stats/organization-role-users headers=("Authorization: Bearer $counter_token") ;;
    search)
      path=/api/v1/projects/search headers=("$json" "Authorization: Bearer $owner_token")
      kind=(post '{"query":"floor plan","limit":20}')
      ;;
    project-stats) path=/api/v1/projects/stats headers=("Authorization: Bearer $owner_token") ;;
    mixed)
      write_mixture
      kind=(mixed "$work/mixture")
      ;;
    role-users-between)
      path="/stats/organization-role-users?from_time=$from&to_time=$to" headers=("Authorization: Bearer $counter_token")
      ;;
  esac
}

# Statements that clients sent, and those of them that were prepared.
statements() {
  sql -e "SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_stmt_execute', 'Questions')" | cut -f 2 | tr '\n' ' '
}

per() { awk -v a="$1" -v n="$2" 'BEGIN { printf "%.2f", a / n }'; }

# One round: the yardstick, then the case. A line of results: case rate yardstick p50 p99 nginx tenantd database bad
# executes questions hash; microseconds and counts per request.
measure() {
  local name=$1 yardstick hash_us=0 before after nginx_us app_us db_us executes questions e q
  if [ "$name" = sign-in ]; then
    # shellcheck disable=SC1091  # the costs are the instance's
    read -r yardstick hash_us < <(. "$RUN_DIR/environment"; "$BUILD/bench/hash" "$HASH_WORKERS" "$seconds")
    [ -n "$yardstick" ] || fail "the raw hash failed."
  else
    headers=()
    load "$((seconds < 10 ? seconds : 10))" /bench-hello plain  # how long the case takes adds nothing to it
    [ $bad = 0 ] || fail "hello refused $bad requests."
    yardstick=$(per $((requests * 1000)) $((wall / 1000)))
    note_hello
  fi
  describe "$name"
  before=$(served)
  read -r executes questions < <(statements)
  nginx_us=$(cpu_of "$nginx") app_us=$(cpu_of "$server") db_us=$(cpu_of "$mariadb")
  load "$seconds" "$path" "${kind[@]}"
  settle
  nginx_us=$(($(cpu_of "$nginx") - nginx_us)) app_us=$(($(cpu_of "$server") - app_us)) db_us=$(($(cpu_of "$mariadb") - db_us))
  # The question itself is one, in a connection that asks another first; so is the look at the metrics.
  read -r e q < <(statements)
  after=$(($(served) - before - 1))
  printf '%s %s %s %s %s %s %s %s %s %s %s %s\n' "$name" "$(per $((requests * 1000)) $((wall / 1000)))" "$yardstick" "$p50" "$p99" \
    "$(per $nginx_us "$requests")" "$(per $app_us "$after")" "$(per $db_us "$after")" "$bad" \
    "$(per $((e - executes)) "$after")" "$(per $((q - questions - 2)) "$after")" "$hash_us" >>"$work/results"
}

# The CPU time of hello, over all its runs.
hello_requests=0
note_hello() { hello_requests=$((hello_requests + requests)); }

one_case() {
  local name=$1 round connections=$connections second_runs=0
  if [ "$name" = me-uncached ]; then
    begin_second SESSION_CACHE_SECONDS=0
    await tenantd answers /bench-ready
    second_runs=1
  fi
  # Not counted: connections, prepared statements and caches come into being. A case so slow that a connection is left
  # without an answer is measured with two of them.
  describe "$name"
  load 1 "$path" "${kind[@]}"
  if [ "$requests" -lt "$connections" ] && [ "$name" != sign-in ]; then
    settle
    connections=$threads few+=" $name"
    load 3 "$path" "${kind[@]}"
  fi
  settle
  if [ "$bad" != 0 ]; then
    get -i "${headers[@]/#/-H}" "$url$path" 2>/dev/null | head -c 600 >&2
    fail "$name: $bad of $requests requests were refused."
  fi
  [ "$requests" -gt 0 ] || fail "$name: no request was answered within 3 s."
  for ((round = 1; round <= rounds; ++round)); do
    printf '\r%-20s round %d of %d ' "$name" $round "$rounds" >&2
    measure "$name"
  done
  printf '\r%-40s\r' '' >&2
  if [ $second_runs = 1 ]; then end_second; fi
}

# What the courier and the database spend on a mail, now that nothing else happens.
measure_mails() {
  local sent courier_us db_us
  mails=
  [ "$(sql -e 'SELECT COUNT(*) FROM tenantd.outbox WHERE status = 0')" -gt 100 ] || return
  kill -CONT "$courier"
  sleep 0.5
  sent=$(sql -e 'SELECT COUNT(*) FROM tenantd.outbox WHERE status = 1')
  courier_us=$(cpu_of "$courier") db_us=$(cpu_of "$mariadb")
  sleep 2
  courier_us=$(($(cpu_of "$courier") - courier_us)) db_us=$(($(cpu_of "$mariadb") - db_us))
  sent=$(($(sql -e 'SELECT COUNT(*) FROM tenantd.outbox WHERE status = 1') - sent))
  [ $sent -gt 0 ] || fail "the courier sent nothing."
  mails=$(printf 'A mail costs the courier %.0f µs and the database %.0f µs (files; %d a second).' \
    "$(per $courier_us $sent)" "$(per $db_us $sent)" $((sent / 2)))
}

# --- what the time of an answer tells ----------------------------------------------------------------------------------

# Fewer tries an account than lock it, the warming ones included.
timing_case() {
  local known=$((tries * 11 / 10 / 4 + 12)) locked=20 made
  made=$(sql -e "SELECT CONCAT(IF(number <= $locked, 'locked ', 'known '), email) FROM (
      SELECT email, ROW_NUMBER() OVER (ORDER BY id) AS number FROM tenantd.user WHERE email LIKE 'person%') numbered
    WHERE number <= $((known + locked))")
  [ "$(grep -c ^known <<<"$made")" = $known ] || fail "there are not $known accounts to guess at."
  sql -e "UPDATE tenantd.user SET failed_signins = 5, locked_until = UNIX_TIMESTAMP() + 3600 WHERE email IN
      ($(sed -n "s/^locked \(.*\)/'\1'/p" <<<"$made" | paste -sd ,))"
  python3 "$here/timing.py" "$url" "$tries" <<<"$made" >"$work/timing" || fail "an answer told more than it should."
  awk -F '|' -v tries="$tries" '
    BEGIN { printf "%-9s %-17s %10s %7s   %-14s  %8s\n", "timing", "of " tries " each", "median ms", "ratio", "95 %", "quartile" }
    { far = $4 > 1.05 || $4 < 0.95
      printf "%-9s %-17s %10.2f %7.3f   %.3f to %.3f  %8.3f%s\n", $1, $2, $3, $4, $5, $6, $7, far ? "   aim 0.95 to 1.05 missed" : "" }' "$work/timing"
}

# --- the report --------------------------------------------------------------------------------------------------------

report() {
  awk '
    function median(name, column,    n, i, j, t, v) {
      n = split(values[name, column], v, " ")
      for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
      return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
    }
    function verdict(what, is, aim, most) {
      printf "  %-44s %8.3f  aim %s %-5s %s\n", what, is, (most ? "<=" : ">="), aim, (most ? is <= aim : is >= aim) ? "met" : "missed"
    }
    {
      if (!($1 in seen)) { seen[$1] = 1; names[++count] = $1 }
      for (i = 2; i <= NF; i++) values[$1, i] = values[$1, i] " " $i
      values[$1, "ratio"] = values[$1, "ratio"] " " $2 / $3
      refused[$1] += $9
    }
    END {
      printf "%-19s %8s %8s %6s %8s %8s %8s %8s %8s %6s %6s %5s\n", "case", "req/s", "beside", "ratio", "p50 ms", "p99 ms",
        "nginx", "tenantd", "database", "execs", "trips", "bad"
      for (i = 1; i <= count; i++) {
        n = names[i]
        printf "%-19s %8.0f %8.0f %6.2f %8.2f %8.2f %8.1f %8.1f %8.1f %6.2f %6.2f %5d\n", n, median(n, 2), median(n, 3), median(n, "ratio"),
          median(n, 4) / 1000, median(n, 5) / 1000, median(n, 6), median(n, 7), median(n, 8), median(n, 10), median(n, 11), refused[n]
      }
      print "beside: hello, for sign-in the raw hash; nginx, tenantd, database: CPU microseconds a request;"
      print "execs: prepared statements a request; trips: all statements that tenantd sent, COMMIT included\n"
      for (i = 1; i <= count; i++) {
        n = names[i]
        cost = (median(n, 7) + median(n, 8)) / 1000
        if (n == "me") verdict("me, of the rate of hello", median(n, "ratio"), 0.5, 0)
        if (n == "sign-in") verdict("sign-in, of the rate of the raw hash", median(n, "ratio"), 0.9, 0)
        if (n == "sign-in") verdict("sign-in, CPU ms over the hash (" sprintf("%.1f", median(n, 12) / 1000) ")", cost - median(n, 12) / 1000, 1, 1)
        aim = n == "me" ? 0.12 : n == "list" || n == "products" ? 0.25 : n == "invite" || n == "movement" ? 0.5 : n ~ /users/ ? 5 : ""
        if (aim != "") verdict(n ", CPU ms of tenantd and database", cost, aim, 1)
      }
    }' "$work/results"
}

report_memory() {
  awk -v title="$1" -v judge="$2" '
    { if (!($1 in sum)) order[++kinds] = $1; sum[$1] += $2; number[$1]++; total += $2 }
    END {
      printf "PSS %s:", title
      for (i = 1; i <= kinds; i++) {
        k = order[i]
        printf " %s %.1f MB%s%s", k, sum[k] / number[k] / 1024, (number[k] > 1 ? " x " number[k] : ""), (i < kinds ? "," : "")
      }
      printf "; together %.1f MB", total / 1024
      if (judge) printf "  aim < 40 %s", (total / 1024 < 40 ? "met" : "missed")
      print ""
    }' "$3"
}

if [ $neighbours = 1 ]; then
  LIMIT_OUTBOUND=0 "$stack" start || fail "the instance did not start."
  python3 "$here/neighbours.py" "http://127.0.0.1:$(cat "$RUN_DIR/port")" "$seconds" || fail "a stranger was refused."
  finish 0
fi

if [ $timing = 1 ] && [ ${#chosen[@]} = 0 ]; then
  "$stack" start || fail "the instance did not start."
  url=http://127.0.0.1:$(cat "$RUN_DIR/port")
  prepare
  timing_case
  finish 0
fi

begin_hello
"$stack" start || fail "the instance did not start."
port=$(cat "$RUN_DIR/port") url=http://127.0.0.1:$(cat "$RUN_DIR/port")
tenantd=$(part_pid tenantd) courier=$(part_pid courier) nginx=$(part_pid nginx) mariadb=$(part_pid database)
memory >"$work/memory.idle" || fail "the processes' memory cannot be read."
extend_nginx
measure_ready
kill -STOP "$courier"
prepare
sign_up_tenants
collect_sessions
printf '%s cores, load %s; %s rounds of %s s, %s connections\n\n' "$(nproc)" "$(cut -d ' ' -f 1 /proc/loadavg)" "$rounds" "$seconds" "$connections"
few=  # cases that were measured with two connections
hello_cpu=$(cpu_of "$hello")
for name in "${chosen[@]}"; do one_case "$name"; done
hello_cpu=$(($(cpu_of "$hello") - hello_cpu))
memory >"$work/memory.after"
measure_mails
if [ $timing = 1 ]; then timing_case; fi
report
if [ -n "${BENCH_RESULTS:-}" ]; then cp "$work/results" "$BENCH_RESULTS"; fi
if [ -n "$few" ]; then printf '  with %s connections, being too slow for more:%s\n' $threads "$few"; fi
printf '  %-44s %8s  aim <  300   %s\n' 'ready after the database, ms' "$ready_ms" "$([ "$ready_ms" -lt 300 ] && echo met || echo missed)"
printf '\n'
if [ $hello_requests -gt 0 ]; then printf 'hello itself: %.1f µs a request, without nginx.\n' "$(per $hello_cpu $hello_requests)"; fi
if [ -n "$mails" ]; then printf '%s\n' "$mails"; fi
report_memory idle 1 "$work/memory.idle"
report_memory 'after the load' 0 "$work/memory.after"
refused=$(awk '{ sum += $9 } END { print sum + 0 }' "$work/results")
[ "$refused" = 0 ] || fail "$refused requests were refused."
finish 0
