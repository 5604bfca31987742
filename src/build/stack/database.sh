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
