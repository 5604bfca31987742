#!/usr/bin/env bash
# tests/run.sh: the suite ($BUILD/tests) against an instance of its own, which is gone afterwards.
#
# DB=mysql: on MySQL. FILTER='suite/name*' and JOBS go to Criterion; every setting of the service may be given in the environment.
# The tests find: TENANTD_URL, TENANTD_RUN_DIR, TENANTD_BUILD, TENANTD_TOP, and the service's own settings (DB_SOCKET, ...).
# Criterion's closing line is the last that is printed, and its exit status is the script's, unless a process stays
# behind or a sanitizer has something to say: then it is 1.
#
# The suite runs in SLICES parts (6; with FILTER 1), TOGETHER (2) of them side by side, each against an instance of its
# own: a test that must have its instance for itself holds up the tests of its own part alone, and short parts end about
# together. SLICE=k/n runs the k-th part of n alone.
set -uo pipefail
# The system's own programs first: a version manager's python3 takes ten times as long to start, hundreds of times a run.
PATH=/usr/local/bin:/usr/bin:/bin:$PATH
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
BUILD=${BUILD:-$top/build}

SLICES=${SLICES:-$([ -n "${FILTER:-}" ] && echo 1 || echo 6)} TOGETHER=${TOGETHER:-2}
if [ -n "${SLICE:-}" ]; then
  [[ $SLICE =~ ^[1-9][0-9]*/[1-9][0-9]*$ ]] || { echo "tests: SLICE must be k/n, such as 1/2" >&2; exit 2; }
  export TENANTD_SLICE=$SLICE
elif [ "$SLICES" -gt 1 ]; then
  [ "${PORT:-0}" = 0 ] || { echo "tests: PORT is for one instance: set SLICES=1" >&2; exit 2; }
  declare -A running=()
  status=0 ended=0
  rm -f "$BUILD"/tests.closing* "$BUILD"/tests.failed*
  trap 'ended=1; kill -TERM "${!running[@]}" 2>/dev/null' INT TERM
  for ((k = 1; k <= SLICES || ${#running[@]} > 0; )); do
    if ((k <= SLICES && ${#running[@]} < TOGETHER && !ended)); then
      CLOSING=held SLICE=$k/$SLICES "$0" &
      running[$!]=$((k++))
      continue
    fi
    ((ended)) && k=$((SLICES + 1))
    pid='' part_status=0
    wait -n -p pid "${!running[@]}" || part_status=$?
    # A signal ends the waiting, not the part.
    [ -n "$pid" ] || continue
    unset "running[$pid]"
    [ $part_status = 0 ] || status=$part_status
  done
  for ((k = 1; k <= SLICES; ++k)); do
    [ -s "$BUILD/tests.closing.$k" ] && continue
    echo "tests: part $k of $SLICES ended without its closing line"
    [ $status != 0 ] || status=1
  done
  # Who failed stood hundreds of lines above: with what they said, and then by name alone, for who sees only the end.
  cat "$BUILD"/tests.failed.* 2>/dev/null
  cat "$BUILD"/tests.failed.* 2>/dev/null | sed 's/\x1b\[[0-9;]*m//g' |
    sed -n 's/^\[FAIL\] \([^ ]*\):.*/tests: failed: \1/p' >"$BUILD/tests.closing"
  cat "$BUILD"/tests.closing.* 2>/dev/null | sed 's/\x1b\[[0-9;]*m//g' | awk '
    { for (i = 1; i < NF; ++i) if ($i ~ /^(Tested|Passing|Failing|Crashing):$/) sum[$i] += $(i + 1) }
    END { printf "[====] Synthesis: Tested: %d | Passing: %d | Failing: %d | Crashing: %d \n", sum["Tested:"], sum["Passing:"], sum["Failing:"], sum["Crashing:"] }' >>"$BUILD/tests.closing"
  cat "$BUILD/tests.closing"
  exit "$status"
fi
part=${SLICE:+.${SLICE%/*}}
stack=$top/src/build/stack.sh
# In memory where there is plenty: a third of a part's time went to the disk under its databases. TMPDIR says otherwise.
is_roomy() {
  [ "$(stat -f -c %T /dev/shm 2>/dev/null)" = tmpfs ] && [ -w /dev/shm ] &&
    [ "$(df --output=avail -k /dev/shm | tail -n 1)" -gt $((8 << 20)) ] &&
    [ "$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)" -gt $((12 << 20)) ]
}
: "${TMPDIR:=$(is_roomy && echo /dev/shm || echo /tmp)}"
work=$(mktemp -d "$TMPDIR/tenantd-test.XXXXXX") || exit 1
mkdir "$work/sanitizer"

export DB=${DB:-mariadb} BUILD RUN_DIR=$work/run PORT=${PORT:-0}
export TENANTD_BUILD=$BUILD TENANTD_RUN_DIR=$RUN_DIR TENANTD_TOP=$top
# Where receivers of tests are that nobody listens at: allowed, and on no network that anybody else is on.
export OUTBOUND_ALLOW=${OUTBOUND_ALLOW-127.9.9.9}
# The tests say themselves when the sweeper and the reporter run, what time it is, and which limits hold.
export SWEEP_EVERY=${SWEEP_EVERY:-0} REPORT_EVERY=${REPORT_EVERY:-0} CLOCK_OFFSET_FILE=${CLOCK_OFFSET_FILE:-$work/clock}
export LIMIT_ACCOUNT=${LIMIT_ACCOUNT:-0} LIMIT_INVITE=${LIMIT_INVITE:-0} LIMIT_MAIL=${LIMIT_MAIL:-0} LIMIT_MAIL_ALERTS=${LIMIT_MAIL_ALERTS:-0} LIMIT_MAIL_CAUSED=${LIMIT_MAIL_CAUSED:-0} LIMIT_OUTBOUND=${LIMIT_OUTBOUND:-0} LIMIT_PASSWORD=${LIMIT_PASSWORD:-0} LIMIT_READ=${LIMIT_READ:-0} LIMIT_WRITE=${LIMIT_WRITE:-0}
export SUPER_ADMIN_EMAIL=${SUPER_ADMIN_EMAIL:-root@example.com} SUPER_ADMIN_PASSWORD=${SUPER_ADMIN_PASSWORD:-velvet anchor northbound}
[ -e "$CLOCK_OFFSET_FILE" ] || head -c 8 /dev/zero >"$CLOCK_OFFSET_FILE"
report=$work/sanitizer/report
export ASAN_OPTIONS=halt_on_error=1:detect_stack_use_after_return=1:strict_string_checks=1:log_path=$report
# Criterion's runner leaks what a failed test said.
echo 'leak:libcriterion' >"$work/suppressions"
export LSAN_OPTIONS=log_path=$report:suppressions=$work/suppressions:print_suppressions=0
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1:log_path=$report

bad=0
complain() {
  bad=1
  printf 'tests: %s\n' "$*" | tee -a "$work/failed"
}

# Everything started from here carries this run's folder in its environment; nginx, which clears that, in its command.
left_behind() {
  local entry pid
  for entry in /proc/[0-9]*; do
    pid=${entry#/proc/}
    [ "$pid" = $$ ] && continue
    grep -zqxF "TENANTD_RUN_DIR=$RUN_DIR" "$entry/environ" 2>/dev/null ||
      grep -qF "$RUN_DIR/" "$entry/cmdline" 2>/dev/null || continue
    # The looking itself is a process of this run.
    [ "$(awk '{ sub(/.*\) /, ""); print $2 }' "$entry/stat" 2>/dev/null)" = $$ ] && continue
    printf '%s %s\n' "$pid" "$(tr '\0' ' ' <"$entry/cmdline" 2>/dev/null)"
  done
}

finish() {
  local line
  trap - EXIT INT TERM
  "$stack" stop >"$work/stop.log" 2>&1 || complain "the instance did not stop: $(cat "$work/stop.log")"
  grep -q 'is killed' "$work/stop.log" && complain "$(grep 'is killed' "$work/stop.log")"
  while read -r line; do
    complain "left behind and killed: $line"
    kill -KILL "${line%% *}" 2>/dev/null
  done < <(left_behind)
  for line in "$report"* $(grep -lE 'runtime error:|(Address|Leak|UndefinedBehavior)Sanitizer' "$RUN_DIR"/log/*.log 2>/dev/null); do
    [ -s "$line" ] || continue  # begun by a process that was killed
    complain "a sanitizer reported ($(basename "$line")):"
    grep -m 1 -A 40 -E 'runtime error:|Sanitizer' "$line"
  done
  if [ "$1" != 0 ] || [ $bad != 0 ]; then
    rm -rf "$BUILD/tests.logs$part"
    mkdir -p "$BUILD/tests.logs$part"
    cp -r "$RUN_DIR/log" "$work/sanitizer" "$BUILD/tests.logs$part/" 2>/dev/null
    echo "tests: the logs of this run are in $BUILD/tests.logs$part/"
  fi
  [ ! -e "$work/failed" ] || cp "$work/failed" "$BUILD/tests.failed$part"
  if [ -e "$work/closing" ]; then
    cp "$work/closing" "$BUILD/tests.closing$part"
    # A part's own is no closing line of the run.
    [ "${CLOSING:-}" = held ] || cat "$work/closing"
  fi
  rm -rf "$work"
  [ "$1" = 0 ] && [ $bad != 0 ] && exit 1
  exit "$1"
}
trap 'finish 130' INT TERM
trap 'finish 1' EXIT
rm -f "$BUILD/tests.closing$part" "$BUILD/tests.failed$part"

"$stack" start || { complain "the instance did not start"; finish 1; }
set -a
. "$RUN_DIR/environment"
set +a
# A test's own instance is to have the settings of this one.
unset TENANTD_GIVEN
TENANTD_URL=http://127.0.0.1:$(cat "$RUN_DIR/port")
export TENANTD_URL

export TEST_TIMEOUT=${TEST_TIMEOUT:-300}
options=(--timeout "$TEST_TIMEOUT")
[ -n "${FILTER:-}" ] && options+=(--filter "$FILTER")
[ -n "${JOBS:-}" ] && options+=(--jobs "$JOBS")
# The closing line is held back until everything is stopped and looked at.
exec 3> >(exec awk -v closing="$work/closing" -v failed="$work/failed" '
  index($0, "[FAIL]") || (index($0, "[----]") && !index($0, "Criterion v")) || index($0, "CRASH") { print >>failed }
  /Synthesis:/ { held = 1 }
  held { print > closing; next }
  { print; fflush() }')
reader=$!
# Beside this shell, which takes a signal only between two commands or while it waits.
"$BUILD/tests" "${options[@]}" >&3 2>&3 </dev/null &
runner=$!
exec 3>&-
trap 'kill -TERM "$runner"; wait "$runner"; finish 130' INT TERM
status=0
wait "$runner" || status=$?
wait "$reader"
[ -e "$work/closing" ] || complain "the test binary ended without its closing line (status $status)"
grep -q 'Tested: 0 ' "$work/closing" 2>/dev/null && complain "no test was run (FILTER='${FILTER:-}')"
finish "$status"
