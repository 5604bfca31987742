# shellcheck shell=bash
# Of stack.sh: a database server of the instance's own, MariaDB or MySQL.

# The options that make 46 MB instead of 200, and that the data folder keeps.
innodb=(--innodb-log-file-size=16M)
as_root=()
[ "$(id -u)" = 0 ] && as_root=(--user=root)

install_mariadb() {
  mariadb-install-db --no-defaults --datadir="$1" --auth-root-authentication-method=socket \
    --auth-root-socket-user="$account" --skip-test-db --skip-name-resolve "${innodb[@]}" "${as_root[@]}"
}

install_mysql() { "$mysqld" --no-defaults --initialize-insecure --datadir="$1" --innodb-redo-log-capacity=32M "${as_root[@]}"; }

# with_cache -s|-x COMMAND...: other instances read and write the cache at the same time. Who reads a copy shares it with
# other readers, who makes or removes one is alone. False where there is no cache, which is only slower.
with_cache() {
  local lock=$top/.cache/lock mode=$1
  shift
  mkdir -p "$top/.cache" 2>/dev/null && { : >>"$lock"; } 2>/dev/null && (flock "$mode" 9 && "$@") 9>>"$lock"
}

# take TEMPLATE: a copy of it becomes the data; false where there is none.
take() { [ -d "$1/mysql" ] && with_cache -s cp -a --reflink=auto --sparse=always "$1" "$RUN_DIR/data.new" 2>/dev/null; }

# keep FOLDER TEMPLATE [BASE]: whole or not at all, in the place of every other one of that base. Who was first has kept it
# for all.
keep() { with_cache -x keep_alone "$@" || true; }
keep_alone() {
  local from=$1 to=$2 base=${3:-}
  [ ! -d "$to/mysql" ] || return 0
  rm -rf "$to.new"
  [ -z "$base" ] || rm -rf "$base"-*
  cp -a --sparse=always "$from" "$to.new" 2>/dev/null || return
  # One server's identity, which no other shares.
  rm -f "$to.new/auto.cnf"
  mv -T "$to.new" "$to"
}

# Installs the system tables, once a server version, and the schema, once it is another: later instances copy them, which
# takes a tenth of the time.
install_database() {
  local new log=$RUN_DIR/log/database-install.log
  template=$top/.cache/$DB-$("$mysqld" --no-defaults --version 2>/dev/null | sed 's/.* Ver \([^ ]*\).*/\1/')-$account-1
  with_schema=$template-$({
    cat "$SQL_DIR"/*.sql
    stat -c '%s %.Y' "$BUILD/tenantctl"
  } 2>/dev/null | sha256sum | cut -c 1-16)
  new=$RUN_DIR/data.new
  rm -rf "$new"
  how='copied, with the schema'
  # Of a server with options of its own the migration is a part of what is tried.
  if [ -n "${DATABASE_OPTIONS:-}" ] || ! take "$with_schema"; then
    rm -rf "$new"
    how=copied
    if ! take "$template"; then
      rm -rf "$new"
      how=installed
      "install_$DB" "$new" >"$log" 2>&1 || fail "$engine could not be installed into $RUN_DIR/data; see $log."
      keep "$new" "$template"
    fi
  fi
  rm -f "$new/auto.cnf"
  mv "$new" "$RUN_DIR/data" || fail "the state folder $RUN_DIR cannot be written to."
}

# What was migrated from nothing is what the next instance begins with; of other versions of the schema nothing is kept.
keep_schema() {
  # A database is as old as its instance, not as the copy: what has never run yet is told by that.
  case $how in *schema) ask_database -e 'UPDATE tenantd.version SET created_at = UNIX_TIMESTAMP()' >/dev/null ;; esac
  case $how${DATABASE_OPTIONS:-} in copied | installed) ;; *) return 0 ;; esac
  end database TERM 60
  keep "$RUN_DIR/data" "$with_schema" "$template"
  run_database
  await_database
  took 'schema kept for the next'
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
  local other=mysql
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
  run_database
}

run_database() {
  local own
  mapfile -t own < <("options_of_$DB")
  # shellcheck disable=SC2086  # DATABASE_OPTIONS is a list
  spawn database "$mysqld" --no-defaults --datadir="$RUN_DIR/data" --socket="$DB_SOCKET" \
    --pid-file="$RUN_DIR/pid/mysqld.pid" --skip-networking --skip-name-resolve --skip-log-bin \
    --character-set-server=utf8mb4 --innodb-buffer-pool-size=128M --max-connections=400 \
    --performance-schema=OFF --tmpdir="$RUN_DIR/tmp" "${as_root[@]}" "${own[@]}" ${DATABASE_OPTIONS:-}
}

await_database() { await 60 "$engine did not answer within 60 s" database -- database_answers; }

ask_database() { mariadb --no-defaults --socket="$DB_SOCKET" --user="$account" "$@"; }
database_answers() { [ -S "$DB_SOCKET" ] && ask_database -e 'DO 1' >/dev/null 2>&1; }
