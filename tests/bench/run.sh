#!/usr/bin/env bash
# tests/bench/run.sh: measures tenantd beside a bare FastCGI hello on the same nginx, in an instance of its own.
#
#   run.sh [--case NAME]... [--seconds N] [--rounds N] [--connections N] [--tries N] [--save FILE] [--help]
#
# A case and its yardstick take turns, N rounds of N seconds each; medians are printed. The yardstick is hello, behind a
# location and an upstream that differ from tenantd's in the socket alone; for sign-in it is the bare Argon2id in as many
# processes as the password lane has workers. CPU time is that of every process of a kind, from /proc. The courier stands
# still while requests are measured, so that the database's time is theirs, and is measured by itself at the end. The
# database has room for what is asked about (256 MB of buffer pool; DATABASE_OPTIONS= for the 32 MB of `make run`).
#
# Cases: me me-uncached list refresh sign-in invite users users-between role-users role-users-between products movement
# search project-stats mixed introspect userinfo; timing neighbours tracing mails code-flow. Before project-stats and search 100,000 documents of 1,001 organizations are put in (documents.sql).
# me-uncached is `GET /users/me` with SESSION_CACHE_SECONDS=0: the session read from the database each time.
# timing, which only runs when it is named, compares how long the refusals of sign-in and the answers to reset requests
# take for accounts that exist, do not exist or are locked, N tries each: whether the time tells.
# mixed is the daily mixture of 41 organizations: reads, lists, numbers, a movement of stock in twelve requests, and a sign-in in forty.
# neighbours, which only runs when it is named, asks for one organization while others do their worst, N seconds each.
# tracing, which only runs when it is named, asks an instance that sends one request in a hundred as a trace and one that sends
# none, in turn, and compares the CPU time of a request (tracing.py).
# introspect and userinfo are what an OAuth client asks: what a token is worth, and who it is about. code-flow, which only runs
# when it is named, is the CPU time of whole sign-ins by a code.
# mails, which only runs when it is named, has the courier write 10,000 mails into files, kills it in the middle, and
# counts what the next one writes again.
#
# SCALE=1 asks a service that has grown instead (scale.sql: a million accounts, 20,000 organizations, ten million audit rows), N
# seconds a request; SCALE=0.1 one of a tenth of that, which is ready after about four minutes.
#
# The medians are saved as JSON: in FILE, else in $BUILD/bench.mariadb.json or bench.mysql.json.
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
  movement search project-stats mixed introspect userinfo)
chosen=()
seconds=2 rounds=3 connections=32 threads=2 tries=200 timing=0 neighbours=0 tracing=0 of_mails=0 code_flow=0 save=

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
      case ${2:-} in
        timing | neighbours | tracing)
          declare "$2=1"
          shift 2
          continue
          ;;
        code-flow)
          code_flow=1
          shift 2
          continue
          ;;
        mails)
          of_mails=1
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
    --save) save=${2:-}; [ -n "$save" ] || fail "--save needs a file."; shift ;;
    --help) usage; exit 0 ;;
    *) fail "unknown argument $1; see --help." ;;
  esac
  shift
done
[ ${#chosen[@]} -gt 0 ] || [ $((timing + neighbours + tracing + of_mails + code_flow)) -gt 0 ] || chosen=("${all_cases[@]}")
# The account of a sign-in is taken in turn: with more at once than accounts, one would be locked.
[ "$connections" -le 256 ] || fail "--connections must not exceed 256."
[ $((connections % threads)) = 0 ] || fail "--connections must be even."

for name in tenantd bench/hello bench/hash; do
  [ -x "$BUILD/$name" ] || fail "$BUILD/$name is missing; run 'make bench'."
done
"$top/src/build/packages.sh" install-missing run bench || exit 1

# shellcheck source=tests/bench/run/report.sh
. "$here/run/report.sh"

# --- both servers ------------------------------------------------------------------------------------------------------

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
export DATABASE_OPTIONS=${DATABASE_OPTIONS---innodb-buffer-pool-size=$([ -n "${SCALE:-}" ] && echo 2G || echo 256M)}
export INVITES_PER_ORGANIZATION=0 LIMIT_ACCOUNT=0 LIMIT_INVITE=0 LIMIT_MAIL=0 LIMIT_MAIL_ALERTS=0 LIMIT_MAIL_CAUSED=0 LIMIT_PASSWORD=0 LIMIT_READ=0 LIMIT_WRITE=0
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

# shellcheck source=tests/bench/run/processes.sh
. "$here/run/processes.sh"
# shellcheck source=tests/bench/run/prepare.sh
. "$here/run/prepare.sh"
# shellcheck source=tests/bench/run/measure.sh
. "$here/run/measure.sh"
# shellcheck source=tests/bench/run/timing.sh
. "$here/run/timing.sh"
# shellcheck source=tests/bench/run/mails.sh
. "$here/run/mails.sh"
# shellcheck source=tests/bench/run/oauth.sh
. "$here/run/oauth.sh"

if [ $neighbours = 1 ]; then
  LIMIT_OUTBOUND=0 "$stack" start || fail "the instance did not start."
  python3 "$here/neighbours.py" "http://127.0.0.1:$(cat "$RUN_DIR/port")" "$seconds" || fail "a stranger was refused."
  finish 0
fi

if [ $tracing = 1 ]; then
  python3 "$here/tracing.py" --rounds $((rounds * 5)) --seconds "$seconds" || fail "a request was refused."
  finish 0
fi

if [ $timing = 1 ] && [ ${#chosen[@]} = 0 ]; then
  "$stack" start || fail "the instance did not start."
  url=http://127.0.0.1:$(cat "$RUN_DIR/port")
  prepare
  timing_case
  finish 0
fi

if [ $code_flow = 1 ] && [ ${#chosen[@]} = 0 ]; then
  "$stack" start || fail "the instance did not start."
  port=$(cat "$RUN_DIR/port") url=http://127.0.0.1:$(cat "$RUN_DIR/port")
  tenantd=$(part_pid tenantd) courier=$(part_pid courier) nginx=$(part_pid nginx) mariadb=$(part_pid database)
  kill -STOP "$courier"
  prepare
  code_flow_case
  finish 0
fi

if [ $of_mails = 1 ] && [ ${#chosen[@]} = 0 ]; then
  "$stack" start || fail "the instance did not start."
  port=$(cat "$RUN_DIR/port") url=http://127.0.0.1:$(cat "$RUN_DIR/port")
  courier=$(part_pid courier) mariadb=$(part_pid database)
  kill -STOP "$courier"
  prepare
  mails_case
  finish 0
fi

if [ -n "${SCALE:-}" ]; then
  [[ $SCALE =~ ^(1|0?\.[0-9]*[1-9])$ ]] || fail "SCALE must be 1, or a part of it such as 0.1."
  export SUPER_ADMIN_EMAIL=root@example.com SUPER_ADMIN_PASSWORD='velvet anchor northbound'
  "$stack" start || fail "the instance did not start."
  port=$(cat "$RUN_DIR/port") url=http://127.0.0.1:$(cat "$RUN_DIR/port")
  chosen=()  # none of their documents
  prepare
  begun=$SECONDS
  { echo "SET @scale = $SCALE;" && cat "$here/scale.sql"; } | sql >"$work/scale.log" 2>&1 || fail "growing failed: $(tail -n 1 "$work/scale.log")"
  printf 'grown in %d s\n' $((SECONDS - begun))
  # shellcheck disable=SC1091  # the instance's own
  (set -a && . "$RUN_DIR/environment" && "$BUILD/tenantctl" migrate) >"$work/migrate.log" 2>&1 || fail "migrating failed: $(tail -n 1 "$work/migrate.log")"
  printf 'filled in %d s\n\n' $((SECONDS - begun))
  python3 "$here/scale.py" "$url" "$seconds" "$SUPER_ADMIN_EMAIL" "$SUPER_ADMIN_PASSWORD" || fail "a request was refused."
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
mails=
few=  # cases that were measured with two connections
hello_cpu=$(cpu_of "$hello")
for name in "${chosen[@]}"; do one_case "$name"; done
hello_cpu=$(($(cpu_of "$hello") - hello_cpu))
memory >"$work/memory.after"
if [ $of_mails = 1 ]; then mails_case; else measure_mails; fi
if [ $timing = 1 ]; then timing_case; fi
if [ $code_flow = 1 ]; then code_flow_case; fi
report
if [ -n "${BENCH_RESULTS:-}" ]; then cp "$work/results" "$BENCH_RESULTS"; fi
# Of two servers each has a file of its own.
[ -z "${BENCH_RESULTS:-}" ] || save=${save:+${save%.json}.$DB.json}
save=${save:-$BUILD/bench.${DB:-mariadb}.json}
commit=$(git -C "$top" describe --always --dirty 2>/dev/null)
"$here/results.py" save "$work/results" "$save" "commit=${commit:-unknown}" "when=$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
  "database=${DB:-mariadb}" "cores=$(nproc)" "rounds=$rounds" "seconds=$seconds" "connections=$connections" ||
  fail "the results were not saved in $save."
printf '  saved in %s; make bench-compare A=FILE B=FILE puts two runs beside each other\n' "$save"
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
