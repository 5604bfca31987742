# shellcheck shell=bash
# Of run.sh: what the time of an answer tells.

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
