# shellcheck shell=bash
# Of run.sh: the case `mails`: what a mail costs, and what a courier leaves behind that is killed in the middle.

mails_of() { sql -e "SELECT COUNT(*) FROM tenantd.outbox WHERE status = $1"; }

# A line for each mail on the disk: its name and its inode. A mail that is written again has another inode.
mail_files() { find "$RUN_DIR/mail" -name '*.eml' -printf '%f %i\n' | sort; }

# Invitations, until as many mails wait.
fill_outbox() {
  headers=("$json" "Authorization: Bearer $owner_token")
  while [ "$(mails_of 0)" -lt "$1" ]; do
    invite_runs=$((${invite_runs:-0} + 1))
    load 5 /invite_member invite "guest$invite_runs-"
    [ "$bad" = 0 ] || fail "$bad invitations were refused."
  done
}

# Sends half of them, is killed, and lets another courier send the rest.
mails_case() {
  local wanted=10000 batch=50 total from wall courier_us db_us settled twice
  fill_outbox $wanted
  total=$(mails_of 0)
  courier_us=$(cpu_of "$courier") db_us=$(cpu_of "$mariadb") from=$EPOCHREALTIME
  kill -CONT "$courier"
  until [ "$(find "$RUN_DIR/mail" -name '*.eml' | wc -l)" -ge $((total / 2)) ]; do sleep 0.02; done
  courier_us=$(($(cpu_of "$courier") - courier_us)) db_us=$(($(cpu_of "$mariadb") - db_us))
  wall=$(awk -v a="$from" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')
  kill -KILL "$courier"
  await 'the end of the courier' courier_is_gone
  mail_files >"$work/mails.killed"
  settled=$(mails_of 1)
  # Its leases would run out by themselves, later.
  sql -e 'UPDATE tenantd.outbox SET lease_until = 0 WHERE status = 0'
  # shellcheck disable=SC1091  # made at the start
  (. "$RUN_DIR/environment" && exec "$BUILD/tenantd-courier" --once) >"$work/courier.log" 2>&1 || fail "the second courier failed; see $work/courier.log."
  mail_files >"$work/mails.done"
  [ "$(mails_of 1)" = "$total" ] || fail "$(mails_of 0) of $total mails were not sent."
  [ "$(wc -l <"$work/mails.done")" = "$total" ] || fail "$(wc -l <"$work/mails.done") files stand for $total mails."
  twice=$(join "$work/mails.killed" "$work/mails.done" | awk '$2 != $3' | wc -l)
  [ "$twice" -le $batch ] || fail "$twice mails were written again, more than a batch of $batch."
  [ "$twice" = $(($(wc -l <"$work/mails.killed") - settled)) ] || fail 'a mail was recorded that was no file, or written again without need.'
  mails_aim 'mails a second, into files' "$(awk -v n="$settled" -v s="$wall" 'BEGIN { printf "%.0f", n / s }')" '>=' 3000
  mails_aim 'CPU ms a mail, of courier and database' "$(awk -v us=$((courier_us + db_us)) -v n="$settled" 'BEGIN { printf "%.3f", us / n / 1000 }')" '<=' 0.3
  printf '  of these the courier %.0f µs, the database %.0f µs\n' "$(per $courier_us "$settled")" "$(per $db_us "$settled")"
  printf '  killed with %d of %d mails on the disk, %d of them recorded: each is there, %d were written again\n' \
    "$(wc -l <"$work/mails.killed")" "$total" "$settled" "$twice"
}

courier_is_gone() { ! kill -0 "$courier" 2>/dev/null; }

mails_aim() {
  awk -v what="$1" -v is="$2" -v sign="$3" -v aim="$4" 'BEGIN {
    printf "  %-44s %8s  aim %s %-5s %s\n", what, is, sign, aim, (sign == ">=" ? is >= aim : is <= aim) ? "met" : "missed"
  }'
}
