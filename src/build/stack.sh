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
#   SWEEP_EVERY=60   seconds between two runs of the sweeper; 0 = none
#   REPORT_EVERY=60  seconds between two looks of the reporter at what is due; 0 = none
#   NGINX_LIMITS=off on = the outer wall of nginx/limits.conf
#   NGINX_WORKERS=2, DATABASE_OPTIONS=... (of the server)
#
# Every setting of settings.def is taken from the caller's environment, then from RUN_DIR/env, then from the defaults
# below. Not from the caller: DB_* and the sockets, so that a shell set up for production cannot point a private
# instance at it. RUN_DIR/environment is what the processes of the last start were given.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
top=$(cd "$here/../.." && pwd -P)
caller_dir=$PWD
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
umask 077
# A make or a systemd that called us is not the processes' business.
unset MAKEFLAGS MFLAGS MAKELEVEL NOTIFY_SOCKET LISTEN_FDS LISTEN_PID LISTEN_FDNAMES WATCHDOG_USEC WATCHDOG_PID

# Started in this order, stopped in the order that loses no request.
parts=(database tenantd courier nginx sweeper reporter)
# These need not run.
optional=' sweeper reporter '
stop_order=(reporter sweeper nginx tenantd courier database)

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
export BUILD RUN_DIR SWEEP_EVERY REPORT_EVERY

# --- processes ---------------------------------------------------------------------------------------------------------

# A process is named by pid and start time: a pid alone may be somebody else's by now.
# Sets `state` and `born`, or returns 1.
look() {
  local line fields
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  read -ra fields <<<"${line##*) }"
  state=${fields[0]} session=${fields[3]} born=${fields[19]}
}

# Sets `pid` if the part runs.
runs() {
  local recorded command
  pid=
  { read -r pid recorded command <"$RUN_DIR/pid/$1"; } 2>/dev/null || return 1
  look "$pid" && [ "$state" != Z ] && [ "$born" = "$recorded" ]
}

# What the part was started as still stands in its command line (a title such as "nginx: master" counts).
is_ours() {
  local command line
  read -r _ _ command <"$RUN_DIR/pid/$1" || return 1
  line=$(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null) || return 1
  case $line in *"${command##*/}"*) return 0 ;; *) return 1 ;; esac
}

# spawn PART COMMAND...: in a session of its own, so that Ctrl-C reaches only this script, which stops in order.
spawn() {
  local part=$1
  shift
  setsid "$@" </dev/null >>"$RUN_DIR/log/$part.log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
  child[$!]=$part
  look $! || born=0
  printf '%s %s %s\n' $! "$born" "$1" >"$RUN_DIR/pid/$part"
}

# Ends what is left of a part's session: workers of a master that was killed.
reap_session() {
  local leader=$1 entry other
  for entry in /proc/[0-9]*; do
    other=${entry#/proc/}
    look "$other" || continue
    if [ "$session" = "$leader" ] && [ "$state" != Z ]; then kill -KILL "$other" 2>/dev/null || true; fi
  done
}

# end PART SIGNAL SECONDS: sends the signal, waits, and kills what does not go.
end() {
  local part=$1 signal=$2 patience=$3 leader deadline
  [ -e "$RUN_DIR/pid/$part" ] || return 0
  if runs "$part"; then
    if is_ours "$part"; then
      kill "-$signal" "$pid" 2>/dev/null || true
      deadline=$((SECONDS + patience))
      while runs "$part"; do
        if [ $SECONDS -ge $deadline ]; then
          say "tenantd: $part (pid $pid) did not stop within $patience s and is killed"
          kill -KILL "$pid" 2>/dev/null || true
          sleep 0.1
          break
        fi
        sleep 0.02
      done
    fi
  fi
  read -r leader _ <"$RUN_DIR/pid/$part" || leader=
  # While a process of the session lives, its number is not given to another.
  if [ -n "$leader" ] && [ ! -e "/proc/$leader" ]; then reap_session "$leader"; fi
  rm -f "$RUN_DIR/pid/$part"
}

stop_parts() {
  local drain=${DRAIN_SECONDS:-30} part
  case $drain in *[!0-9]*) drain=30 ;; esac
  for part in "${stop_order[@]}"; do
    case $part in
      nginx) end nginx QUIT 15 ;;
      tenantd) end tenantd TERM $((drain + 5)) ;;
      database) end database TERM 60 ;;
      *) end "$part" TERM 15 ;;
    esac
  done
  rm -f "$RUN_DIR/port" "$RUN_DIR/pid/foreground"
  if [ -L "$RUN_DIR/run" ]; then
    rm -rf -- "$(readlink "$RUN_DIR/run")"
    rm -f "$RUN_DIR/run"
  fi
}

# --- the folder --------------------------------------------------------------------------------------------------------

setting_keys() { "$BUILD/tenantctl" settings --env | sed -n 's/^#\([A-Z0-9_]*\)=.*/\1/p'; }

prepare_folder() {
  case $RUN_DIR in
    *[!A-Za-z0-9._/@+,=~\ -]*) fail "RUN_DIR '$RUN_DIR' has a character that nginx or MariaDB would misread; use letters, digits and ._/@+,=~-" ;;
  esac
  if [ -e "$RUN_DIR" ] && [ ! -d "$RUN_DIR" ]; then fail "the state folder $RUN_DIR is not a folder."; fi
  mkdir -p "$RUN_DIR" 2>/dev/null || fail "the state folder $RUN_DIR cannot be made."
  [ -O "$RUN_DIR" ] || fail "the state folder $RUN_DIR belongs to another user."
  # A folder that holds other things is not made ours: its mode would change and its files be in danger.
  if [ ! -e "$RUN_DIR/env" ] && [ -n "$(ls -A "$RUN_DIR" 2>/dev/null)" ] && [ ! -e "$RUN_DIR/lock" ]; then
    fail "the folder $RUN_DIR is not empty and not a tenantd state folder (no file env); choose another RUN_DIR."
  fi
  if ! chmod 700 "$RUN_DIR" || ! { : >>"$RUN_DIR/lock"; } || ! mkdir -p "$RUN_DIR/log" "$RUN_DIR/pid" "$RUN_DIR/nginx"; then
    fail "the state folder $RUN_DIR cannot be written to."
  fi 2>/dev/null
}

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

write_env() {
  if [ -e "$RUN_DIR/env" ]; then
    # Made before there was a reporter.
    if [ -f "$RUN_DIR/env" ] && [ -w "$RUN_DIR/env" ] && ! grep -q '^DB_REPORTER_PASSWORD' "$RUN_DIR/env"; then
      printf '\nDB_REPORTER_PASSWORD=%s\n' "$(random)" >>"$RUN_DIR/env"
    fi
    return 0
  fi
  cat >"$RUN_DIR/env.new" <<EOF
# Settings of this private instance, made at its first start: KEY=value lines, yours to change (systemd/README.md lists the keys).
# What the caller exports wins, but for DB_* and the sockets.
DB_COURIER_PASSWORD=$(random)
DB_PASSWORD=$(random)
DB_REPORTER_PASSWORD=$(random)
DB_SWEEPER_PASSWORD=$(random)
MAIL_TRANSPORT=file
# On in production: a super-admin enrolls a second factor before anything else.
SUPER_ADMIN_MFA=false
EOF
  mv "$RUN_DIR/env.new" "$RUN_DIR/env"
}

# Socket paths hold 107 characters at most; in a deeper folder the sockets live in a short one, which RUN_DIR/run names.
choose_sockets() {
  local target
  sockets=$RUN_DIR/run
  if [ -L "$sockets" ]; then
    target=$(readlink "$sockets")
    if [ -d "$target" ] && [ ! -L "$target" ] && [ -O "$target" ]; then
      sockets=$target
      return
    fi
    rm -f "$sockets"
  fi
  if [ $((${#sockets} + 14)) -gt 107 ]; then
    target=$(mktemp -d /tmp/tenantd-XXXXXX) || fail "no folder for the sockets can be made in /tmp."
    rm -rf "$sockets"
    ln -s "$target" "$sockets"
    sockets=$target
  else
    mkdir -p "$sockets" || fail "the state folder $RUN_DIR cannot be written to."
  fi
}

# The environment of every process: the caller's, then RUN_DIR/env, then what this place gives.
load_settings() {
  local key line number=0 plain value
  declare -A known=()
  for key in $(setting_keys); do known[$key]=1; done
  [ ${#known[@]} -gt 0 ] || fail "$BUILD/tenantctl names no settings."
  for key in "${!known[@]}"; do
    case $key in DB_* | *_SOCKET) unset "$key" "${key}_FILE" ;; esac
  done
  if [ ! -f "$RUN_DIR/env" ] || [ ! -r "$RUN_DIR/env" ]; then fail "the settings $RUN_DIR/env cannot be read."; fi
  chmod 600 "$RUN_DIR/env"
  while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    case $line in '' | '#'*) continue ;; esac
    key=${line%%=*} value=${line#*=}
    case $value in '"'*'"') value=${value#?} value=${value%?} ;; esac
    if [ "$key" = "$line" ] || { [ -z "${known[$key]:-}" ] && [ -z "${known[${key%_FILE}]:-}" ]; }; then
      fail "line $number of $RUN_DIR/env is not KEY=value with a key of the settings table."
    fi
    plain=${key%_FILE}
    if [ -z "${!plain+x}" ]; then
      plain=${plain}_FILE
      [ -n "${!plain+x}" ] || export "$key=$value"
    fi
  done <"$RUN_DIR/env"
  for key in DB_PASSWORD DB_SWEEPER_PASSWORD DB_COURIER_PASSWORD DB_REPORTER_PASSWORD; do
    [ -n "${!key:-}" ] || fail "$RUN_DIR/env has no $key; remove the file to have new passwords made."
  done
  export DB_ADMIN_USER=$account DB_SOCKET=$sockets/db.sock
  export COURIER_SOCKET=$sockets/courier.sock FAST_SOCKET=$sockets/fast.sock HASH_SOCKET=$sockets/hash.sock OUTBOUND_SOCKET=$sockets/outbound.sock
  export SWEEPER_SOCKET=$sockets/sweeper.sock
  FILES_DIR=$(absolute "${FILES_DIR:-$RUN_DIR/files}")
  export FILES_DIR KEYS_DIR=${KEYS_DIR:-$RUN_DIR/keys} MAIL_DIR=${MAIL_DIR:-$RUN_DIR/mail} SQL_DIR=${SQL_DIR:-$top/sql}
  export PUBLIC_URL=${PUBLIC_URL:-http://127.0.0.1:$PORT}
  for key in "${!known[@]}"; do printf '%s\n' "$key" "${key}_FILE"; done | LC_ALL=C sort |
    while read -r key; do
      if [ -n "${!key+x}" ]; then printf 'export %s=%q\n' "$key" "${!key}"; fi
    done >"$RUN_DIR/environment"
}

# What the last start gave its processes, for the commands that only talk to them.
recall() { if [ -r "$RUN_DIR/environment" ]; then . "$RUN_DIR/environment"; fi; }

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
    sleep 0.02
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

# The options that make 46 MB instead of 200, and that the data folder keeps.
innodb=(--innodb-log-file-size=16M)
as_root=()
[ "$(id -u)" = 0 ] && as_root=(--user=root)

install_mariadb() {
  mariadb-install-db --no-defaults --datadir="$1" --auth-root-authentication-method=socket \
    --auth-root-socket-user="$account" --skip-test-db --skip-name-resolve "${innodb[@]}" "${as_root[@]}"
}

install_mysql() { "$mysqld" --no-defaults --initialize-insecure --datadir="$1" --innodb-redo-log-capacity=32M "${as_root[@]}"; }

# Installs the system tables, once a server version: later instances copy them, which takes a tenth of the time.
install_database() {
  local template new log=$RUN_DIR/log/database-install.log
  template=$top/.cache/$DB-$("$mysqld" --no-defaults --version 2>/dev/null | sed 's/.* Ver \([^ ]*\).*/\1/')-$account-1
  rm -rf "$RUN_DIR/data.new"
  new=$RUN_DIR/data.new
  how=copied
  if [ ! -d "$template/mysql" ] || ! cp -a --reflink=auto --sparse=always "$template" "$new" 2>/dev/null; then
    rm -rf "$new"
    how=installed
    "install_$DB" "$new" >"$log" 2>&1 || fail "$engine could not be installed into $RUN_DIR/data; see $log."
    # Whole or not at all, whoever else does the same now; without a cache it is only slower.
    if mkdir -p "$top/.cache" 2>/dev/null && cp -a --sparse=always "$new" "$template.$$" 2>/dev/null; then
      mv -T "$template.$$" "$template" 2>/dev/null || rm -rf "$template.$$"
    fi
  fi
  # One server's identity, which no other shares.
  rm -f "$new/auto.cnf"
  mv "$new" "$RUN_DIR/data" || fail "the state folder $RUN_DIR cannot be written to."
}

# Who runs this is the administrator, by the socket, as mariadb-install-db makes it.
write_mysql_accounts() {
  cat >"$RUN_DIR/mysql-accounts.sql" <<EOF
CREATE USER IF NOT EXISTS '$account'@'localhost' IDENTIFIED WITH auth_socket;
ALTER USER '$account'@'localhost' IDENTIFIED WITH auth_socket;
GRANT ALL ON *.* TO '$account'@'localhost' WITH GRANT OPTION;
EOF
}

# What only one of the two knows. MySQL 9.6 and later carry out cascades as they should only with this option on.
options_of_mariadb() { printf '%s\n' "${innodb[@]}"; }
options_of_mysql() {
  write_mysql_accounts
  printf '%s\n' --mysqlx=OFF --innodb-redo-log-capacity=32M --loose-innodb-native-foreign-keys=ON \
    --plugin-load-add=auth_socket.so --init-file="$RUN_DIR/mysql-accounts.sql"
}

whole_data_of_mariadb() { [ -f "$RUN_DIR/data/ibdata1" ] && [ -f "$RUN_DIR/data/mysql/global_priv.frm" ]; }
whole_data_of_mysql() { [ -f "$RUN_DIR/data/ibdata1" ] && [ -f "$RUN_DIR/data/mysql.ibd" ]; }

find_server() {
  local folder
  mysqld=mariadbd
  if [ "$DB" = mysql ]; then
    folder=$("$here/mysql.sh" fetch) || fail 'there is no MySQL server to start; the reason is above.'
    mysqld=$folder/bin/mysqld
  fi
}

start_database() {
  local other=mysql own
  [ "$DB" = mariadb ] || other=mariadb
  find_server
  how=kept
  if [ ! -e "$RUN_DIR/data" ]; then
    install_database
  elif "whole_data_of_$other"; then
    fail "the data in $RUN_DIR is not $engine's; start it with DB=$other, or choose another RUN_DIR."
  elif ! "whole_data_of_$DB"; then
    fail "the state folder is broken: $RUN_DIR/data lacks $engine's system tables; restore it, or remove $RUN_DIR to begin anew."
  fi
  rm -f "$DB_SOCKET"
  # A starting server removes the temporary tables it finds: never those of another.
  mkdir -p "$RUN_DIR/tmp"
  mapfile -t own < <("options_of_$DB")
  # shellcheck disable=SC2086  # DATABASE_OPTIONS is a list
  spawn database "$mysqld" --no-defaults --datadir="$RUN_DIR/data" --socket="$DB_SOCKET" \
    --pid-file="$RUN_DIR/pid/mysqld.pid" --skip-networking --skip-name-resolve --skip-log-bin \
    --character-set-server=utf8mb4 --innodb-buffer-pool-size=128M --max-connections=400 \
    --performance-schema=OFF --tmpdir="$RUN_DIR/tmp" "${as_root[@]}" "${own[@]}" ${DATABASE_OPTIONS:-}
}

database_answers() {
  [ -S "$DB_SOCKET" ] && mariadb --no-defaults --socket="$DB_SOCKET" --user="$account" -e 'DO 1' >/dev/null 2>&1
}

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
    0) ;;
    65) say "$said" >&2 ;;
    *) fail "the super-admin was not made: ${said#tenantctl: }" ;;
  esac
}

# Writes DIR/nginx.conf from the template, beside a link to nginx/, so that includes read as they do under /etc/nginx.
render_nginx() {
  local dir=$1 user='# Not started as root: the workers run as who started it.' limits
  mkdir -p "$dir" "${FILES_DIR:-$dir/files}/incoming"
  # The sockets are 0660 and ours.
  [ "$(id -u)" = 0 ] && user='user root;'
  limits='map "" $tenantd_limit_key { default ""; }
    limit_conn_zone $tenantd_limit_key zone=tenantd_connections:1m;
    limit_req_zone $tenantd_limit_key zone=tenantd_requests:1m rate=200r/s;'
  [ "${NGINX_LIMITS:-off}" = on ] && limits='include tenantd/limits.conf;'
  ln -sfn "$top/nginx" "$dir/tenantd"
  USER_LINE=$user LIMITS=$limits FAST=${FAST_SOCKET:-$dir/fast.sock} FILES=${FILES_DIR:-$dir/files} HASH=${HASH_SOCKET:-$dir/hash.sock} OUTBOUND=${OUTBOUND_SOCKET:-$dir/outbound.sock} RUN=$RUN_DIR \
    NGINX_PORT=$PORT WORKERS_LINE=${NGINX_WORKERS:-2} WWW=$top/nginx/www awk '
    function put(mark, value,    at) {
      while ((at = index($0, mark)) > 0) $0 = substr($0, 1, at - 1) value substr($0, at + length(mark))
    }
    !/^ *#/ {
      put("@USER@", ENVIRON["USER_LINE"]); put("@LIMITS@", ENVIRON["LIMITS"]); put("@FAST@", ENVIRON["FAST"]); put("@FILES@", ENVIRON["FILES"])
      put("@HASH@", ENVIRON["HASH"]); put("@OUTBOUND@", ENVIRON["OUTBOUND"]); put("@RUN@", ENVIRON["RUN"]); put("@PORT@", ENVIRON["NGINX_PORT"])
      put("@WORKERS@", ENVIRON["WORKERS_LINE"]); put("@WWW@", ENVIRON["WWW"])
    }
    { print }' "$top/nginx/dev.conf.in" >"$dir/nginx.conf"
}

# The sockets first, so that nginx has nothing to complain about.
ready() { [ -S "$FAST_SOCKET" ] && [ -S "$HASH_SOCKET" ] && [ -S "$OUTBOUND_SOCKET" ] && [ "$(curl -s -o /dev/null -m 2 -w '%{http_code}' "http://127.0.0.1:$PORT/health/ready")" = 200 ]; }

any_runs() {
  local part
  for part in "${parts[@]}"; do runs "$part" && return 0; done
  return 1
}

# Everything up to "ready"; whatever fails ends what was started.
bring_up() {
  local part running=0 dead='' begun=$EPOCHREALTIME
  prepare_folder
  exec 9>>"$RUN_DIR/lock"
  flock -n 9 || fail "another start or stop of $RUN_DIR is under way."
  for part in "${parts[@]}"; do
    if runs "$part"; then running=$((running + 1)); elif [[ $optional != *" $part "* ]]; then dead+=" $part"; fi
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
    look $$
    printf '%s %s %s\n' $$ "$born" stack.sh >"$RUN_DIR/pid/foreground"
  fi
  rm -f "$sockets"/*.sock

  lap
  start_database
  render_nginx "$RUN_DIR/nginx"
  mkdir -p "$FILES_DIR/incoming" "$KEYS_DIR" "$MAIL_DIR" || fail "FILES_DIR, KEYS_DIR or MAIL_DIR cannot be made."
  await 60 "$engine did not answer within 60 s" database -- database_answers
  took "database ($how)"
  control migrate
  took 'migrations'
  [ -n "$(ls -A "$KEYS_DIR")" ] || control keys create
  if [ -n "${SUPER_ADMIN_EMAIL:-}" ] && [ -n "${SUPER_ADMIN_PASSWORD:-}${SUPER_ADMIN_PASSWORD_FILE:-}" ]; then
    make_super_admin
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
}

command_foreground() {
  local ended='' part status=0
  bring_up foreground
  exec 9>&-
  trap 'trap "" INT TERM HUP; say; say "tenantd: stopping"; stop_parts; trap - EXIT; say "tenantd: stopped"; exit 0' INT TERM HUP
  tour
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
  if runs foreground && is_ours foreground; then
    stayed=1
    kill -TERM "$pid"
    deadline=$((SECONDS + ${DRAIN_SECONDS:-30} + 90))
    while runs foreground && [ $SECONDS -lt $deadline ]; do sleep 0.05; done
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
    if runs "$part"; then
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
  if ! runs tenantd || ! is_ours tenantd; then fail "tenantd does not run on $RUN_DIR."; fi
  kill -HUP "$pid"
  say "tenantd reads its keys again and replaces its workers one by one; changed settings take 'make stop; make start'"
}

command_sql() {
  [ -r "$RUN_DIR/environment" ] || fail "there is no instance in $RUN_DIR."
  recall
  runs database || fail "the database of $RUN_DIR does not run; 'make start' first."
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
