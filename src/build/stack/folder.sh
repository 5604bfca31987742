# shellcheck shell=bash
# Of stack.sh: the folder of an instance, its passwords, and the settings that its processes are given.

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

# Whether a short folder was made for this instance: a copy of RUN_DIR names that of the first one.
holds_sockets() { [ -d "$1" ] && [ ! -L "$1" ] && [ -O "$1" ] && [ "$(cat "$1/of" 2>/dev/null)" = "$real_dir" ]; }

# Socket paths hold 107 characters at most; in a deeper folder the sockets live in a short one, which RUN_DIR/run names.
choose_sockets() {
  local target
  sockets=$RUN_DIR/run
  if [ -L "$sockets" ]; then
    target=$(readlink "$sockets")
    if holds_sockets "$target"; then
      sockets=$target
      return
    fi
    rm -f "$sockets"
  fi
  if [ $((${#sockets} + 14)) -gt 107 ]; then
    target=$(mktemp -d /tmp/tenantd-XXXXXX) || fail "no folder for the sockets can be made in /tmp."
    printf '%s\n' "$real_dir" >"$target/of"
    rm -rf "$sockets"
    ln -s "$target" "$sockets"
    sockets=$target
  else
    mkdir -p "$sockets" || fail "the state folder $RUN_DIR cannot be written to."
  fi
}

# A shell that has read an instance's environment hands that instance's settings on, keys and mails among them. They are no
# wish of the caller's: what is as that file gave it is taken away, and what was set since stays.
forget_given() {
  local key quoted given=$'\n'${TENANTD_GIVEN:-}$'\n'
  unset TENANTD_GIVEN
  for key; do
    [ -n "${!key+x}" ] || continue
    printf -v quoted %q "${!key}"
    if [[ $given == *$'\n'"$key=$quoted"$'\n'* ]]; then unset "$key"; fi
  done
}

# The environment of every process: the caller's, then RUN_DIR/env, then what this place gives.
load_settings() {
  local key line number=0 plain value quoted given=
  declare -A known=()
  for key in $(setting_keys); do known[$key]=$key; done
  [ ${#known[@]} -gt 0 ] || fail "$BUILD/tenantctl names no settings."
  forget_given "${known[@]}" "${known[@]/%/_FILE}"
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
  export COURIER_SOCKET=$sockets/courier.sock EXPORT_SOCKET=$sockets/export.sock FAST_SOCKET=$sockets/fast.sock HASH_SOCKET=$sockets/hash.sock OUTBOUND_SOCKET=$sockets/outbound.sock
  export SWEEPER_SOCKET=$sockets/sweeper.sock
  FILES_DIR=$(absolute "${FILES_DIR:-$RUN_DIR/files}")
  export FILES_DIR KEYS_DIR=${KEYS_DIR:-$RUN_DIR/keys} MAIL_DIR=${MAIL_DIR:-$RUN_DIR/mail} SQL_DIR=${SQL_DIR:-$top/sql}
  # @PORT@ is the port that was chosen: http://localhost:@PORT@ is a host of which browsers take passkeys.
  PUBLIC_URL=${PUBLIC_URL:-http://127.0.0.1:$PORT}
  export PUBLIC_URL=${PUBLIC_URL//@PORT@/$PORT}
  for key in $(printf '%s\n' "${known[@]}" "${known[@]/%/_FILE}" | LC_ALL=C sort); do
    [ -n "${!key+x}" ] || continue
    printf -v quoted %q "${!key}"
    printf 'export %s=%s\n' "$key" "$quoted"
    given+="$key=$quoted"$'\n'
  done >"$RUN_DIR/environment"
  printf 'export TENANTD_GIVEN=%q\n' "$given" >>"$RUN_DIR/environment"
}

# What the last start gave its processes, for the commands that only talk to them.
recall() { if [ -r "$RUN_DIR/environment" ]; then . "$RUN_DIR/environment"; fi; }
