#!/usr/bin/env bash
# stack.sh: one private tenantd on 127.0.0.1, with its own MariaDB or MySQL (unix socket only) and nginx.
#
#   stack.sh foreground   start, stay, stop everything at Ctrl-C; exit 1 if a part dies
#   stack.sh start        the same in the background; exit 0 if it runs already
#   stack.sh stop         end what start or foreground began; exit 0 if nothing runs
#   stack.sh status       exit 0 = all parts run, 1 = some, 3 = none
#   stack.sh reload       SIGHUP to tenantd: keys read again, new workers, no request refused; settings stay
#   stack.sh sql [...]    the mariadb client as the database's root
#   stack.sh render DIR   only write the nginx configuration, to DIR/nginx/nginx.conf
#
#   DB=mariadb       mysql = a MySQL server, which mysql.sh gets
#   RUN_DIR=.run     everything that the instance keeps; two folders and two ports are two instances. .run-mysql with DB=mysql
#   PORT=8080        0 = choose a free one; RUN_DIR/port names the one in use
#   BUILD=build      where the binaries are
#   CONSOLE=         versioned = as `make install` lays it: files under the address of their version, which browsers keep
#   SWEEP_EVERY=60   seconds between two runs of the sweeper; 0 = none
#   REPORT_EVERY=60  seconds between two looks of the reporter at what is due; 0 = none
#   NGINX_LIMITS=off on = the outer wall of nginx/limits.conf
#   NGINX_WORKERS=2, DATABASE_OPTIONS=... (of the server)
#
# Every setting of settings.def is taken from the caller's environment, then from RUN_DIR/env, then from the defaults
# below. Not from the caller: DB_* and the sockets, so that a shell set up for production cannot point a private
# instance at it; and what a shell has from the environment of an instance. RUN_DIR/environment is what the processes of
# the last start were given. No command ends a process that is not of this RUN_DIR.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
top=$(cd "$here/../.." && pwd -P)
caller_dir=$PWD
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
umask 077
# A make or a systemd that called us is not the processes' business.
unset MAKEFLAGS MFLAGS MAKELEVEL NOTIFY_SOCKET LISTEN_FDS LISTEN_PID LISTEN_FDNAMES WATCHDOG_USEC WATCHDOG_PID

# Started in this order.
parts=(database tenantd courier nginx sweeper reporter)
# These need not run.
optional=' sweeper reporter '

# nap SECONDS: no process for it, in loops that look often.
exec 6<> <(:)
nap() { read -rt "$1" -u 6 || true; }
say() { printf '%s\n' "$*"; }
fail() {
  printf 'tenantd: %s\n' "$*" >&2
  exit 1
}

absolute() { case $1 in /*) printf '%s' "$1" ;; *) printf '%s/%s' "$caller_dir" "${1#./}" ;; esac; }

DB=${DB:-mariadb}
case $DB in
  mariadb) engine=MariaDB RUN_DIR=${RUN_DIR:-$top/.run} ;;
  mysql) engine=MySQL RUN_DIR=${RUN_DIR:-$top/.run-mysql} ;;
  *) fail "DB is mariadb or mysql, not '$DB'." ;;
esac
RUN_DIR=$(absolute "$RUN_DIR")
RUN_DIR=${RUN_DIR%/}
BUILD=$(absolute "${BUILD:-$top/build}")
PORT=${PORT:-8080}
SWEEP_EVERY=${SWEEP_EVERY:-60}
REPORT_EVERY=${REPORT_EVERY:-60}
account=$(id -un)
# The folder as the kernel names it.
real_dir=$(realpath -m -- "$RUN_DIR")
export BUILD RUN_DIR SWEEP_EVERY REPORT_EVERY

# shellcheck source=src/build/stack/processes.sh
. "$here/stack/processes.sh"

# shellcheck source=src/build/stack/folder.sh
. "$here/stack/folder.sh"

# --- port --------------------------------------------------------------------------------------------------------------

choose_port() {
  case $PORT in '' | *[!0-9]*) fail "PORT must be a number from 0 to 65535, not '$PORT'." ;; esac
  PORT=$((10#$PORT))
  [ "$PORT" -le 65535 ] || fail "PORT must be a number from 0 to 65535, not '$PORT'."
  # A chosen port lies below the range from which the kernel takes the ports of outgoing connections.
  PORT=$(python3 -c '
import errno, random, socket, sys
wanted = int(sys.argv[1])
for port in [wanted] if wanted else random.sample(range(20000, 32000), 200):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
            s.listen()
            print(port)
            sys.exit(0)
        except OSError as e:
            reason = "is in use" if e.errno == errno.EADDRINUSE else "cannot be listened on (" + e.strerror + ")"
print(reason)
sys.exit(1)' "$PORT") || fail "port ${PORT_ASKED} ${PORT:-cannot be checked}; choose another with PORT=."
}

# --- starting ----------------------------------------------------------------------------------------------------------

declare -A child=()
lap() { mark=$EPOCHREALTIME; }
took() {
  local now=$EPOCHREALTIME
  awk -v a="$mark" -v b="$now" -v what="$1" 'BEGIN { printf "  %-34s %5.2f s\n", what, b - a }'
  mark=$now
}

# A part died while starting: says why, in its own words.
part_died() {
  {
    printf 'tenantd: %s ended during the start; the last lines of %s:\n' "$1" "$RUN_DIR/log/$1.log"
    tail -n 12 "$RUN_DIR/log/$1.log" 2>/dev/null | sed 's/^/  | /'
  } >&2
  exit 1
}

# await SECONDS WHAT PARTS -- CONDITION...: until the condition holds; every named part must live meanwhile.
await() {
  local deadline=$((SECONDS + $1)) what=$2 part watched=()
  shift 2
  while [ "$1" != -- ]; do
    watched+=("$1")
    shift
  done
  shift
  until "$@"; do
    for part in "${watched[@]}"; do runs "$part" || part_died "$part"; done
    [ $SECONDS -lt "$deadline" ] || fail "$what; see $RUN_DIR/log/."
    nap 0.02
  done
}

check_binaries() {
  local name
  for name in tenantd tenantd-courier tenantd-sweeper tenantd-reporter tenantctl; do
    [ -x "$BUILD/$name" ] || fail "$BUILD/$name is missing; run 'make' first."
  done
  [ "$DB" = mysql ] || set -- mariadbd mariadb-install-db
  for name in curl mariadb nginx python3 "$@"; do
    command -v "$name" >/dev/null || fail "$name is not installed; run 'sudo src/build/packages.sh install-missing run'."
  done
}

# shellcheck source=src/build/stack/database.sh
. "$here/stack/database.sh"

control() {
  "$BUILD/tenantctl" "$@" >>"$RUN_DIR/log/tenantctl.log" 2>&1 </dev/null || {
    {
      printf 'tenantd: "tenantctl %s" failed; the last lines of %s:\n' "$*" "$RUN_DIR/log/tenantctl.log"
      tail -n 12 "$RUN_DIR/log/tenantctl.log" | sed 's/^/  | /'
    } >&2
    exit 1
  }
}

# An ordinary account of that name is somebody's: the operator is told, and everything else runs.
make_super_admin() {
  local said status=0
  said=$("$BUILD/tenantctl" create-super-admin 2>&1 </dev/null) || status=$?
  printf '%s\n' "$said" >>"$RUN_DIR/log/tenantctl.log"
  case $status in
    0) setup_url='' ;;
    65)
      say "$said" >&2
      make_setup_link
      ;;
    *) fail "the super-admin was not made: ${said#tenantctl: }" ;;
  esac
}

# Sets `setup_url`, unless somebody is super-admin: the link that makes the first one in the browser.
make_setup_link() {
  local status=0
  setup_url=$("$BUILD/tenantctl" setup-link 2>>"$RUN_DIR/log/tenantctl.log" </dev/null) || status=$?
  [ $status -le 1 ] || fail "the set-up link was not made; see $RUN_DIR/log/tenantctl.log."
}

tell_setup_link() {
  [ -z "$setup_url" ] || say "Nobody runs it yet. Make the first super-admin by this link, which works once and not for long: $setup_url"
}

# The console as `make install` lays it, in files of this instance, for who wants to see how it is cached.
version_console() {
  rm -rf "$1/tenantd" "$1/www"
  cp -rs "$top/nginx" "$1/tenantd"
  mv "$1/tenantd/www" "$1/www"
  rm "$1/www/app/index.html" "$1/tenantd/http/console.conf"
  "$top/src/build/console.py" index >"$1/www/app/index.html"
  sed "s|installed-version|$("$top/src/build/console.py" version)|" "$top/nginx/http/console.conf" >"$1/tenantd/http/console.conf"
  www=$1/www
}

# Writes DIR/nginx.conf from the template, beside a link to nginx/, so that includes read as they do under /etc/nginx.
render_nginx() {
  local dir=$1 user='# Not started as root: the workers run as who started it.' limits origin='' www=$top/nginx/www
  mkdir -p "$dir" "${FILES_DIR:-$dir/files}/incoming"
  # The sockets are 0660 and ours.
  [ "$(id -u)" = 0 ] && user='user root;'
  limits='map "" $tenantd_limit_key { default ""; }
    limit_conn_zone $tenantd_limit_key zone=tenantd_connections:1m;
    limit_req_zone $tenantd_limit_key zone=tenantd_requests:1m rate=200r/s;'
  [ "${NGINX_LIMITS:-off}" = on ] && limits='include tenantd/limits.conf;'
  [ "${FILE_STORE:-local}" = s3 ] && origin=$("$BUILD/tenantctl" settings --files-origin)
  ln -sfn "$top/nginx" "$dir/tenantd"
  [ "${CONSOLE:-}" != versioned ] || version_console "$dir"
  USER_LINE=$user LIMITS=$limits FAST=${FAST_SOCKET:-$dir/fast.sock} FILES=${FILES_DIR:-$dir/files} ORIGIN=$origin HASH=${HASH_SOCKET:-$dir/hash.sock} OUTBOUND=${OUTBOUND_SOCKET:-$dir/outbound.sock} RUN=$RUN_DIR \
    NGINX_PORT=$PORT WORKERS_LINE=${NGINX_WORKERS:-2} WWW=$www awk '
    function put(mark, value,    at) {
      while ((at = index($0, mark)) > 0) $0 = substr($0, 1, at - 1) value substr($0, at + length(mark))
    }
    !/^ *#/ {
      put("@USER@", ENVIRON["USER_LINE"]); put("@LIMITS@", ENVIRON["LIMITS"]); put("@FAST@", ENVIRON["FAST"]); put("@FILES@", ENVIRON["FILES"])
      put("@HASH@", ENVIRON["HASH"]); put("@OUTBOUND@", ENVIRON["OUTBOUND"]); put("@RUN@", ENVIRON["RUN"]); put("@PORT@", ENVIRON["NGINX_PORT"])
      put("@WORKERS@", ENVIRON["WORKERS_LINE"]); put("@WWW@", ENVIRON["WWW"]); put("@FILES_ORIGIN@", ENVIRON["ORIGIN"])
    }
    { print }' "$top/nginx/dev.conf.in" >"$dir/nginx.conf"
}

# The sockets first, so that nginx has nothing to complain about.
ready() { [ -S "$FAST_SOCKET" ] && [ -S "$HASH_SOCKET" ] && [ -S "$OUTBOUND_SOCKET" ] && [ "$(curl -s -o /dev/null -m 2 -w '%{http_code}' "http://127.0.0.1:$PORT/health/ready")" = 200 ]; }

any_runs() {
  local part
  for part in "${parts[@]}"; do runs_here "$part" && return 0; done
  return 1
}

# Everything up to "ready"; whatever fails ends what was started.
bring_up() {
  local part running=0 dead='' begun=$EPOCHREALTIME
  prepare_folder
  exec 9>>"$RUN_DIR/lock"
  flock -n 9 || fail "another start or stop of $RUN_DIR is under way."
  for part in "${parts[@]}"; do
    if runs_here "$part"; then running=$((running + 1)); elif [[ $optional != *" $part "* ]]; then dead+=" $part"; fi
  done
  if [ $running -gt 0 ]; then
    [ -z "$dead" ] || fail "some parts run on $RUN_DIR, but not$dead; 'make stop' first."
    [ "$1" = start ] || fail "an instance runs already on $RUN_DIR; stop it, or choose another RUN_DIR and PORT."
    say "tenantd runs already at http://127.0.0.1:$(cat "$RUN_DIR/port") (state in $RUN_DIR)"
    exit 0
  fi
  PORT_ASKED=$PORT
  check_binaries
  choose_port
  write_env
  choose_sockets
  load_settings
  rm -f "$RUN_DIR"/pid/*
  # A start's logs tell of that start; those of the one before are kept.
  rm -rf "$RUN_DIR/log.old"
  mv "$RUN_DIR/log" "$RUN_DIR/log.old"
  mkdir "$RUN_DIR/log"
  trap 'stop_parts' EXIT
  trap 'trap "" INT TERM HUP; say; say "tenantd: interrupted, stopping"; exit 130' INT TERM HUP
  printf '%s\n' "$PORT" >"$RUN_DIR/port"
  if [ "$1" = foreground ]; then
    exec 7>>"$RUN_DIR/lock"
    look $$
    printf '%s %s %s\n' $$ "$born" stack.sh >"$RUN_DIR/pid/foreground"
  fi
  rm -f "$sockets"/*.sock

  lap
  start_database
  render_nginx "$RUN_DIR/nginx"
  mkdir -p "$FILES_DIR/incoming" "$KEYS_DIR" "$MAIL_DIR" || fail "FILES_DIR, KEYS_DIR or MAIL_DIR cannot be made."
  await_database
  took "database ($how)"
  control migrate
  took 'migrations'
  keep_schema
  [ -e "$KEYS_DIR/signing/active-rsa" ] || control keys create
  if [ -n "${SUPER_ADMIN_EMAIL:-}" ] && [ -n "${SUPER_ADMIN_PASSWORD:-}${SUPER_ADMIN_PASSWORD_FILE:-}" ]; then
    make_super_admin
  else
    make_setup_link
  fi
  took 'keys, super-admin'
  spawn tenantd "$BUILD/tenantd"
  spawn courier "$BUILD/tenantd-courier"
  spawn nginx nginx -e "$RUN_DIR/log/nginx.log" -p "$RUN_DIR/nginx/" -c "$RUN_DIR/nginx/nginx.conf"
  await 30 "/health/ready did not answer 200 within 30 s" database tenantd courier nginx -- ready
  await 10 "tenantd-courier did not open its socket within 10 s" courier -- test -S "$COURIER_SOCKET"
  took 'tenantd, tenantd-courier, nginx'
  [ "$SWEEP_EVERY" = 0 ] || spawn sweeper "$BUILD/tenantd-sweeper" --watch "$SWEEP_EVERY"
  [ "$REPORT_EVERY" = 0 ] || spawn reporter "$BUILD/tenantd-reporter" --watch "$REPORT_EVERY"
  mark=$begun
  took 'ready'
}

tour() {
  local url=http://127.0.0.1:$PORT
  cat <<EOF

tenantd is ready at $url (state, logs and mails in $RUN_DIR). Try:

  curl -s $url/signup -H 'Content-Type: application/json' -d '{"email":"ada@example.com","password":"correct horse battery","organization_name":"Acme"}'
  token=\$(curl -s $url/signin -H 'Content-Type: application/json' -d '{"email":"ada@example.com","password":"correct horse battery"}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
  curl -s $url/users/me -H "Authorization: Bearer \$token"

EOF
}

# --- commands ----------------------------------------------------------------------------------------------------------

command_start() {
  bring_up start
  trap - EXIT INT TERM HUP
  say "tenantd is ready at http://127.0.0.1:$PORT (state, logs and mails in $RUN_DIR); 'make stop' ends it"
  tell_setup_link
}

command_foreground() {
  local ended='' part status=0
  bring_up foreground
  exec 9>&-
  trap 'trap "" INT TERM HUP; say; say "tenantd: stopping"; stop_parts; trap - EXIT; say "tenantd: stopped"; exit 0' INT TERM HUP
  tour
  tell_setup_link
  say 'Ctrl-C stops it.'
  while [ -z "$ended" ]; do
    # The shell's own remark on a killed job would come before ours.
    { wait -n -p ended "${!child[@]}" || status=$?; } 2>/dev/null
    # One that died before the first wait is not reported by name.
    for part in "${!child[@]}"; do
      [ -n "$ended" ] || runs "${child[$part]}" || ended=$part
    done
  done
  {
    printf 'tenantd: %s ended with status %s, so everything stops; the last lines of %s:\n' "${child[$ended]}" "$status" \
      "$RUN_DIR/log/${child[$ended]}.log"
    tail -n 12 "$RUN_DIR/log/${child[$ended]}.log" | sed 's/^/  | /'
  } >&2
  exit 1
}

command_stop() {
  local deadline stayed=0
  if [ ! -d "$RUN_DIR/pid" ]; then
    say "tenantd does not run on $RUN_DIR"
    return 0
  fi
  recall
  # The foreground script stops its own parts; it would take them for dead if they went behind its back.
  if runs_here foreground; then
    stayed=1
    kill -TERM "$pid"
    deadline=$((SECONDS + ${DRAIN_SECONDS:-30} + 90))
    while runs foreground && [ $SECONDS -lt $deadline ]; do nap 0.05; done
  fi
  exec 9>>"$RUN_DIR/lock"
  flock -w 90 9 || fail "another start or stop of $RUN_DIR is under way."
  any_runs && stayed=1
  stop_parts
  if [ $stayed = 1 ]; then say "tenantd stopped ($RUN_DIR)"; else say "tenantd does not run on $RUN_DIR"; fi
}

command_status() {
  local part running=0 missing=0
  recall
  for part in "${parts[@]}"; do
    if runs_here "$part"; then
      running=$((running + 1))
      printf '%-8s runs, pid %s\n' "$part" "$pid"
    else
      printf '%-8s does not run\n' "$part"
      [[ $optional == *" $part "* && ! -e $RUN_DIR/pid/$part ]] || missing=$((missing + 1))
    fi
  done
  [ $running -gt 0 ] || return 3
  say "at http://127.0.0.1:$(cat "$RUN_DIR/port" 2>/dev/null), state in $RUN_DIR"
  [ $missing = 0 ] || return 1
}

command_reload() {
  if ! runs_here tenantd; then fail "tenantd does not run on $RUN_DIR."; fi
  kill -HUP "$pid"
  say "tenantd reads its keys again and replaces its workers one by one; changed settings take 'make stop; make start'"
}

command_sql() {
  [ -r "$RUN_DIR/environment" ] || fail "there is no instance in $RUN_DIR."
  recall
  runs_here database || fail "the database of $RUN_DIR does not run; 'make start' first."
  exec mariadb --no-defaults --socket="$DB_SOCKET" --user="$account" "$@"
}

action=${1:-}
shift || true
case $action in
  foreground) command_foreground ;;
  start) command_start ;;
  stop) command_stop ;;
  status) command_status ;;
  reload) command_reload ;;
  sql) command_sql "$@" ;;
  render)
    RUN_DIR=$(absolute "${1:?a folder is needed}")
    mkdir -p "$RUN_DIR/log"
    render_nginx "$RUN_DIR/nginx"
    ;;
  *) fail 'use start, stop, status, foreground, reload, sql or render.' ;;
esac
