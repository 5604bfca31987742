#!/usr/bin/env bash
# lint.sh: what can be checked without starting anything. BUILD names the folder of the binaries.
#
#   lint.sh            every check; exit 1 if one fails
#   lint.sh CHECK...   only those
#   lint.sh generate   rewrites the generated parts that the checks compare
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
PATH=$PATH:/usr/sbin:/sbin
BUILD=${BUILD:-$PWD/build}
work=$(mktemp -d /tmp/tenantd-lint.XXXXXX)
trap 'rm -rf "$work"' EXIT

check_format() {
  local bad
  bad=$(find include src tests '(' -name '*.cpp' -o -name '*.hpp' ')' -exec clang-format --dry-run -Werror {} + 2>&1 |
    sed -n 's/^\([^ :]*:[0-9]*\):[0-9]*: error:.*/\1/p' | sort -u)
  [ -z "$bad" ] || { printf '%s\n' "$bad" 'make format puts these lines right'; return 1; }
}

check_arrows() { src/build/check-arrows.sh; }

check_sql() { src/build/check-sql.sh && src/build/check-unscoped.py; }

check_withstood() { src/build/check-withstood.sh; }

check_scripts() {
  local file bad=0
  for file in .ci/run src/build/*.sh src/build/stack/*.sh systemd/*.sh nginx/*.sh $(find tests -name '*.sh'); do
    bash -n "$file" || bad=1
    # What another script reads in says so in its first line.
    [ -x "$file" ] || grep -q -m 1 '^# shellcheck shell=' "$file" || { echo "$file is not executable"; bad=1; }
  done
  for file in src/build/stack/*.sh; do bash -n "$file" || bad=1; done
  python3 -c 'import ast, sys; [ast.parse(open(file).read(), file) for file in sys.argv[1:]]' $(find src tests -name '*.py') || bad=1
  return $bad
}

# What a page loads exists: a library's folder carries its version, which packages.sh names too.
check_pages() {
  local page path bad=0
  for page in nginx/www/*.html; do
    while read -r path; do
      [ -e "nginx/www/${path#/pages/}" ] || { echo "$page loads $path, which is not there"; bad=1; }
    done < <(grep -oE '/pages/[^"]+' "$page")
  done
  return $bad
}

# Says nothing when nginx is content; a warning counts as a complaint.
nginx_accepts() {
  local conf=$1 said
  if said=$(nginx -t -e "$work/error.log" -p "$(dirname "$conf")/" -c "$conf" 2>&1); then
    if grep -E '\[(warn|error|crit|alert|emerg)\]' <<<"$said"; then return 1; fi
  else
    printf '%s\n' "$said"
    return 1
  fi
}

# Both ways of `make run`: the open wall of development, and production's.
check_nginx_run() {
  NGINX_LIMITS=off src/build/stack.sh render "$work/off"
  NGINX_LIMITS=on src/build/stack.sh render "$work/on"
  nginx_accepts "$work/off/nginx/nginx.conf" && nginx_accepts "$work/on/nginx/nginx.conf"
}

installed=
install_once() {
  [ -z "$installed" ] || return 0
  installed=$work/root
  # What was built is taken as it is.
  make --no-print-directory -s -o all install BUILD="${BUILD#"$PWD/"}" DESTDIR="$installed" prefix=/usr >"$work/install.log" 2>&1 ||
    { cat "$work/install.log"; return 1; }
}

# The installed layout, in an nginx.conf as Debian's: its own paths become those below DESTDIR, and ports any user may open.
check_nginx_install() {
  local etc site user='' change
  install_once || return 1
  etc=$installed/etc/nginx
  [ "$(id -u)" = 0 ] && user='user root;'
  mkdir -p "$work/log" "$work/files"
  sed -i "s|/var/lib/tenantd-files|$work/files|" "$etc/tenantd/files-dir.conf"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=accounts.example.com \
    -keyout "$work/privkey.pem" -out "$work/fullchain.pem" 2>/dev/null
  # The last one as its head says for a balancer that passes TLS on.
  for site in sites-available/tenantd.conf tenantd/tls.conf.example tenantd/balancer.conf.example proxy_protocol; do
    change=
    if [ "$site" = proxy_protocol ]; then
      site=tenantd/tls.conf.example change='s/ ssl http2;/ ssl http2 proxy_protocol;/'
      sed -i 's/^real_ip_header .*/real_ip_header proxy_protocol;/' "$etc/tenantd/real-ip.conf"
    fi
    sed -e "s|/var/log/nginx/|$work/log/|; s|/etc/ssl/tenantd/|$work/|; s|/usr/share/|$installed/usr/share/|" \
      -e 's/:80;/:18080;/; s/listen 80;/listen 18080;/; s/:443 /:18443 /; s/listen 443 /listen 18443 /' \
      -e "$change" "$etc/$site" >"$etc/site.conf"
    printf '%s\npid "%s/nginx.pid";\nevents {}\nhttp {\n  include site.conf;\n}\n' "$user" "$work" >"$etc/nginx.conf"
    nginx_accepts "$etc/nginx.conf" || { echo "in $site ($change)"; return 1; }
  done
  # The guard's example below stands beside the plain site.
  sed -e "s|/var/log/nginx/|$work/log/|; s|/usr/share/|$installed/usr/share/|" \
    -e 's/:80;/:18080;/; s/listen 80;/listen 18080;/' "$etc/sites-available/tenantd.conf" >"$etc/site.conf"
  # Another application's site stands beside tenantd's.
  sed -e "s|/var/log/nginx/|$work/log/|; s/:80;/:18081;/; s/listen 80;/listen 18081;/" \
    "$etc/tenantd/guard.conf.example" >"$etc/guard.conf"
  sed -i 's|  include site.conf;|&\n  include guard.conf;|' "$etc/nginx.conf"
  nginx_accepts "$etc/nginx.conf" || { echo 'in guard.conf.example'; return 1; }
  sed -e "s|/var/log/nginx/|$work/log/|; s|/etc/letsencrypt/live/grafana.example.com/|$work/|" \
    -e 's/:443 /:18444 /; s/listen 443 /listen 18444 /' \
    "$etc/tenantd/grafana.conf.example" >"$etc/guard.conf"
  nginx_accepts "$etc/nginx.conf" || { echo 'in grafana.conf.example'; return 1; }
}

# Last: nginx must start after what was installed is gone, whatever sites were enabled.
check_uninstall() {
  local etc
  install_once || return 1
  etc=$installed/etc/nginx
  mkdir -p "$etc/sites-enabled"
  ln -s ../sites-available/tenantd.conf "$etc/sites-enabled/tenantd.conf"
  printf 'server { listen 127.0.0.1:18082; }\n' >"$etc/sites-enabled/other.conf"
  make --no-print-directory -s uninstall BUILD="${BUILD#"$PWD/"}" DESTDIR="$installed" prefix=/usr >"$work/uninstall.log" 2>&1 ||
    { cat "$work/uninstall.log"; return 1; }
  if [ "$(ls "$etc/sites-enabled")" != other.conf ]; then ls "$etc/sites-enabled"; return 1; fi
  if find "$installed/usr" -type f -o -type l | grep .; then return 1; fi
  installed=
}

# verify exits 0 on unknown keys, so anything it says is a complaint; units of other packages are not there to be found.
check_systemd_verify() {
  local unit units=() said
  install_once || return 1
  for unit in systemd/*.service systemd/*.socket systemd/*.timer; do
    units+=("$installed/usr/lib/systemd/system/$(basename "$unit")")
  done
  sed -i "s|^ExecStart=/|&${installed#/}/|" "$installed"/usr/lib/systemd/system/*.service
  sed -i "s|^EnvironmentFile=/|&${installed#/}/|" "$installed"/usr/lib/systemd/system/*.service
  said=$(systemd-analyze verify --man=no --recursive-errors=no "${units[@]}" 2>&1) || true
  # Only words of our own units count.
  said=$(grep -F tenantd <<<"$said" || true)
  [ -z "$said" ] || { printf '%s\n' "$said"; return 1; }
}

# A unit gets the secrets that settings.def says, each from its file; a file that may be missing has a blank in its place,
# which the backup's passphrase has not.
check_credentials() {
  local unit name bad=0
  for unit in systemd/*.service; do
    name=$(basename "$unit" .service)
    "$BUILD/tenantctl" settings --secrets | awk -v unit="$name" '
      { for (at = 3; at <= NF; at++) if ($at == unit) {
          print "LoadCredential=" $2 ":/etc/tenantd/credentials/" $2
          if ($2 != "backup_passphrase") print "SetCredential=" $2 ":\\x20" } }' | LC_ALL=C sort >"$work/credentials"
    grep -E '^(Load|Set)Credential|_FILE=' "$unit" | LC_ALL=C sort | diff - "$work/credentials" ||
      { echo "$unit: other credentials than settings.def says"; bad=1; }
  done
  return $bad
}

# unit: highest exposure, in tenths. tenantd's own asks identity providers; its other workers give the network up by
# themselves (proc/no_network.hpp), which systemd does not see. Of its 1.1 the password lane's niceness is 0.2.
exposures='
tenantd-backup.service  10
tenantd-courier.service 10
tenantd-migrate.service 7
tenantd-reporter.service 2
tenantd-sweeper.service 2
tenantd.service         11
'
check_systemd_security() {
  local unit threshold bad=0 said
  src/build/check-reach.py systemd/tenantd.service systemd/tenantd-courier.service || bad=1
  check_credentials || bad=1
  for unit in systemd/*.service; do
    threshold=$(awk -v unit="$(basename "$unit")" '$1 == unit { print $2 }' <<<"$exposures")
    # A process that leaks or forks without end is the unit's affair, not the machine's.
    grep -q '^MemoryMax=' "$unit" && grep -q '^TasksMax=' "$unit" || { echo "$unit has no MemoryMax= or no TasksMax="; bad=1; }
    [ -n "$threshold" ] || { echo "$unit has no threshold in lint.sh"; bad=1; continue; }
    said=$(systemd-analyze security --offline=true --threshold="$threshold" "$unit" 2>&1) ||
      { printf '%s\n' "$said" | grep -E '✗|Overall' || printf '%s\n' "$said"; bad=1; }
  done
  return $bad
}

# Prints the operator's guide with the table that the binary knows between the markers.
guide_with_settings() {
  "$BUILD/tenantctl" settings --markdown >"$work/settings.md"
  awk -v table="$work/settings.md" '
    /^<!-- \/settings -->/ { inside = 0 }
    !inside { print }
    /^<!-- settings -->/ { inside = found = 1; while ((getline line < table) > 0) print line }
    END { exit !found }' systemd/README.md
}

check_settings() {
  guide_with_settings >"$work/settings-guide.md" || { echo 'systemd/README.md lacks the line <!-- settings -->'; return 1; }
  diff -u systemd/README.md "$work/settings-guide.md" || { echo 'the settings table of systemd/README.md is stale: make generate'; return 1; }
}

# Links, anchors and pictures of every guide lead somewhere; every program has a manual page; README.md stays short; the
# figures of sharding are the simulation's, and it says where each table lies.
check_guides() {
  local program bad=0
  src/build/guide.py check || bad=1
  tests/bench/shards.py check || bad=1
  for program in src/bin/*.cpp; do
    ls "${program%.cpp}".[18].md >/dev/null 2>&1 || { echo "$program has no manual page beside it"; bad=1; }
  done
  [ "$(wc -c <README.md)" -le 12288 ] || { echo 'README.md is longer than 12 KiB: a guide is the place'; bad=1; }
  return $bad
}

# The files that the recipe in src/README.md names are there, and those that it makes are not.
check_recipe() {
  local files what path bad=0 recipe
  recipe=$(sed -n '/^<!-- recipe -->/,/^<!-- \/recipe -->/p' src/README.md)
  [ -n "$recipe" ] || { echo 'src/README.md lacks its recipe'; return 1; }
  while IFS='|' read -r _ files what _; do
    while read -r path; do
      if [[ $files == *'(new)'* && $path == *note* ]]; then
        [ ! -e "$path" ] || { echo "the recipe makes $path, which exists"; bad=1; }
      else
        [ -e "$path" ] || { echo "the recipe names $path, which is not there"; bad=1; }
      fi
    done < <(grep -oE '`(include|sql|src|tests)/[^`]+`' <<<"$files $what" | tr -d '`')
  done < <(grep '^|' <<<"$recipe")
  return $bad
}

check_lanes() {
  "$BUILD/tenantctl" routes --nginx >"$work/lanes.conf"
  diff -u nginx/lanes.conf "$work/lanes.conf" || { echo 'nginx/lanes.conf is stale: make generate'; return 1; }
}

generate() {
  "$BUILD/tenantctl" routes --nginx >"$work/lanes.conf"
  cat "$work/lanes.conf" >nginx/lanes.conf
  guide_with_settings >"$work/settings-guide.md"
  cat "$work/settings-guide.md" >systemd/README.md
}

if [ "${1:-}" = generate ]; then
  generate
  exit
fi

if [ $# = 0 ]; then set -- format arrows sql scripts pages nginx_run nginx_install systemd_verify systemd_security settings guides recipe lanes withstood uninstall; fi
failed=()
for check; do
  begun=$EPOCHREALTIME
  # Not in a subshell, which would forget what is installed. In a condition errexit is off: every check returns its own
  # verdict.
  if "check_$check" >"$work/said" 2>&1; then
    verdict=ok
  else
    verdict=FAILED
    failed+=("$check")
  fi
  awk -v a="$begun" -v b="$EPOCHREALTIME" -v what="$check" -v verdict="$verdict" \
    'BEGIN { printf "  LINT  %-18s %-7s %5.2f s\n", what, verdict, b - a }'
  if [ "$verdict" != ok ]; then sed 's/^/        /' "$work/said"; fi
done
[ ${#failed[@]} = 0 ] || {
  echo "lint: failed: ${failed[*]}" >&2
  exit 1
}
