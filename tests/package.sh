#!/usr/bin/env bash
# tests/package.sh: the life of the package in a clean Debian: installed beside MariaDB and nginx, signed in to, upgraded
# from the package of an older commit, not upgraded because a migration fails, gone back, removed, purged. As root.
# `make test-deb` calls it. Each step is timed; the exit status is 1 at the first that does not hold.
#
#   BUILD=build        the packages are in BUILD/deb (make deb)
#   OLD_COMMIT=…       what is upgraded from; by default the commit before the package's metadata came, or HEAD~1
#   OLD_BUILD=…        a build of that commit, so that it is not compiled again
#   OLD_PACKAGE=FILE   instead: its package
#
# The root is made by debootstrap with all that the package depends on, and kept in .cache/ for the next run. There is no
# systemd in it: programs are started by hand, as the units would. All of it happens in namespaces of its own, so that no
# process is left behind and no port is taken.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
BUILD=$(realpath -m "${BUILD:-$top/build}")
export BUILD
cd "$top"

fail() { printf 'package: FAILED: %s\n' "$*" >&2; exit 1; }
said() { sed 's/^/  | /' "$work/said" >&2; }
lap() { mark=$EPOCHREALTIME; }
took() {
  awk -v a="$mark" -v b="$EPOCHREALTIME" -v what="$1" 'BEGIN { printf "  PACKAGE  %-72s %6.1f s\n", what, b - a }'
  mark=$EPOCHREALTIME
}

# --- outside: the packages and the root, which need the network -------------------------------------------------------------

new_package() { find "$BUILD/deb" -maxdepth 1 -name 'tenantd_*.deb' | head -n 1; }

# The tree of an older commit, with the package's metadata of now.
build_old_package() {
  local commit=$1 tree=$BUILD/deb-old/tree count
  count=$(git rev-list --count "$commit")
  rm -rf "$BUILD/deb-old" && mkdir -p "$tree"
  git archive "$commit" | tar -x -C "$tree"
  rm -rf "$tree/systemd/debian"
  cp -a systemd/debian "$tree/systemd/"
  cp -a src/build/deb.sh src/build/spdx.py "$tree/src/build/"
  cp -a nginx/www/lib "$tree/nginx/www/"
  # Its tenantctl does not find the settings by itself.
  if [ ! -e "$tree/include/tenantd/config/installation.hpp" ]; then
    sed -i -e 's|^    tenantctl keys create|    setpriv --reuid=tenantd --regid=tenantd --clear-groups env KEYS_DIR=$keys tenantctl keys create|' \
      -e 's#^    tenantctl migrate#    env $(for name in db_password db_courier_password db_reporter_password db_sweeper_password; do echo "$(echo $name | tr a-z A-Z)_FILE=$credentials/$name"; done) tenantctl migrate#' \
      "$tree/systemd/debian/tenantd.postinst"
  fi
  if [ -n "${OLD_BUILD:-}" ]; then
    # What was built of that commit is younger than its sources.
    find "$tree" -exec touch -h -d '2000-01-01' {} +
    cp -a "$OLD_BUILD" "$tree/build"
    cp -a "${OLD_GUIDE:-$OLD_BUILD/../nginx/www/guide}" "$tree/nginx/www/"
    find "$tree/nginx/www/guide" -exec touch {} +
  fi
  LINT=no BUILD=$tree/build VERSION=$(sed -n 's/.*kVersion = "\(.*\)";/\1/p' "$tree/include/tenantd/base/version.hpp")+$count "$tree/src/build/deb.sh"
  mv "$tree"/build/deb/tenantd_*.deb "$BUILD/deb-old/"
  rm -rf "$tree"
}

# The commit before the first that has systemd/debian.
older_commit() {
  local first
  first=$(git log --format=%H --diff-filter=A -- systemd/debian/rules | tail -n 1)
  git rev-parse "${first:-HEAD}~1"
}

make_root() {
  local cache=$top/.cache/package-root.tar new=$work/new-root depends
  if [ ! -e "$cache" ]; then
    mkdir -p "$top/.cache"
    debootstrap --variant=minbase bookworm "$new" >"$work/said" 2>&1 || { said; fail "debootstrap"; }
    printf '#!/bin/sh\nexit 101\n' >"$new/usr/sbin/policy-rc.d"
    chmod 755 "$new/usr/sbin/policy-rc.d"
    depends=$(dpkg-deb -f "$(new_package)" Depends)
    DEBIAN_FRONTEND=noninteractive chroot "$new" sh -ec "apt-get update
      apt-get install -y --no-install-recommends mariadb-server nginx curl jq gpg systemd
      apt-get satisfy -y --no-install-recommends '${depends//\'/}'" >"$work/said" 2>&1 </dev/null || { said; fail "what the package depends on"; }
    rm -rf "$new"/var/cache/apt/archives/*.deb
    tar -C "$new" -cf "$cache.$$" . && mv "$cache.$$" "$cache"
    rm -rf "$new"
  fi
  mkdir -p "$root"
  tar -C "$root" -xf "$cache"
}

if [ "${1:-}" != inside ]; then
  [ "$(id -u)" = 0 ] || fail 'only root can install packages'
  [ -n "$(new_package)" ] || fail "no package in $BUILD/deb: make deb"
  work=$(mktemp -d /tmp/tenantd-package.XXXXXX)
  root=$work/root
  trap 'rm -rf --one-file-system "$work"' EXIT
  lap
  if [ -z "${OLD_PACKAGE:-}" ]; then
    OLD_PACKAGE=$(find "$BUILD/deb-old" -maxdepth 1 -name 'tenantd_*.deb' 2>/dev/null | head -n 1 || true)
    [ -n "$OLD_PACKAGE" ] || build_old_package "${OLD_COMMIT:-$(older_commit)}" >"$work/said" 2>&1 || { said; fail "the older package"; }
    OLD_PACKAGE=$(find "$BUILD/deb-old" -maxdepth 1 -name 'tenantd_*.deb' | head -n 1)
    took 'the older package'
  fi
  make_root
  took 'a clean root with MariaDB, nginx and what the package depends on'
  export work root OLD_PACKAGE
  unshare --net --mount --pid --fork --kill-child --mount-proc "$0" inside
  exit
fi

# --- inside: no network, no process of others -------------------------------------------------------------------------------

ip link set lo up
mount --bind "$root" "$root"
for folder in dev proc; do mkdir -p "$root/$folder" && mount --rbind "/$folder" "$root/$folder"; done
mount -t tmpfs tmpfs "$root/run"
mkdir -p "$root/run/mysqld" "$root/packages"
chroot "$root" chown mysql:mysql /run/mysqld
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

in_root() { chroot "$root" "$@"; }
quietly() { in_root "$@" >"$work/said" 2>&1 </dev/null || { said; fail "$*"; }; }
await() {
  local tries=600
  until "${@:2}" >/dev/null 2>&1; do
    [ $((tries--)) -gt 0 ] || fail "$1 within a minute"
    sleep 0.1
  done
}
holds() { "${@:2}" >/dev/null 2>&1 || fail "$1"; }
fails() { ! "${@:2}" >/dev/null 2>&1 || fail "$1"; }

start_database() {
  chroot "$root" mariadbd --user=mysql --skip-log-error >"$work/database.log" 2>&1 </dev/null &
  database=$!
  await 'the database answers' in_root mariadb -e 'DO 1'
}
stop_database() {
  in_root mariadb-admin shutdown
  wait "$database" || true
}

# As the units start them: the settings of tenantd.env, which root reads, and of the credentials the program's own, as copies
# that the account reads. The older program takes its passwords from files that the environment names.
start_service() {
  local program
  for program in tenantd tenantd-courier; do
    chroot "$root" sh -c 'set -a; . /etc/tenantd/tenantd.env
      export CREDENTIALS_DIRECTORY=/run/credentials/$1
      rm -rf $CREDENTIALS_DIRECTORY; mkdir -p $CREDENTIALS_DIRECTORY
      if tenantctl settings --secrets >/run/secrets 2>/dev/null; then
        for name in $(awk -v unit=$1 "{ for (at = 3; at <= NF; at++) if (\$at == unit) print \$2 }" /run/secrets); do
          if [ -e /etc/tenantd/credentials/$name ]; then cp /etc/tenantd/credentials/$name $CREDENTIALS_DIRECTORY/; fi
        done
      else
        cp /etc/tenantd/credentials/* $CREDENTIALS_DIRECTORY/
        DB_PASSWORD_FILE=$CREDENTIALS_DIRECTORY/db_password DB_COURIER_PASSWORD_FILE=$CREDENTIALS_DIRECTORY/db_courier_password
      fi
      chown -R tenantd $CREDENTIALS_DIRECTORY
      exec setpriv --reuid=tenantd --regid=tenantd --init-groups $1' - $program >>"$work/$program.log" 2>&1 </dev/null &
    echo $! >"$work/$program.pid"
  done
  await 'the service is ready' ready
}
stop_service() {
  local program
  for program in tenantd tenantd-courier; do
    kill "$(cat "$work/$program.pid")" 2>/dev/null || true
    wait "$(cat "$work/$program.pid")" 2>/dev/null || true
  done
}
ask() { curl -sS --max-time 20 --resolve accounts.test:80:127.0.0.1 "$@"; }
ready() { [ "$(ask -o /dev/null -w '%{http_code}' http://accounts.test/health/ready)" = 200 ]; }
sign_in() {
  ask -H 'Content-Type: application/json' -d '{"email":"ann@example.com","password":"correct horse battery"}' \
    http://accounts.test/signin | jq -e .access_token >/dev/null
}
package_state() { in_root dpkg-query -W -f '${db:Status-Status} ${Version}' tenantd 2>/dev/null || true; }
install() { in_root apt-get install -y --no-install-recommends --allow-downgrades -o Dpkg::Options::=--force-confold "$@" >"$work/said" 2>&1 </dev/null; }
installed() { du -sk --apparent-size $(in_root dpkg -L tenantd | sed "s|^|$root|" | while read -r path; do [ -d "$path" ] || echo "$path"; done) | awk '{ sum += $1 } END { printf "%.1f MB", sum / 1000 }'; }

# A repository, signed, with both packages and one whose migration fails.
make_repository() {
  local broken=$work/broken version
  export GNUPGHOME=$work/gpg
  mkdir -m 700 "$GNUPGHOME"
  gpg --batch --quiet --passphrase '' --quick-generate-key 'Test <test@localhost>' ed25519 sign never 2>/dev/null
  dpkg-deb -R "$new" "$broken"
  version=$(dpkg-deb -f "$new" Version).broken
  sed -i "s/^Version: .*/Version: $version/" "$broken/DEBIAN/control"
  echo 'CREATE TABLE half (a INT); this is no SQL;' >"$broken/usr/share/tenantd/sql/9999_broken.sql"
  dpkg-deb --root-owner-group -b "$broken" "$work/tenantd_broken.deb" >/dev/null
  mkdir -p "$work/repository/conf"
  # One suite a version.
  for suite in old local broken; do
    printf 'Codename: %s\nComponents: main\nArchitectures: %s\nSignWith: yes\n\n' $suite "$(dpkg --print-architecture)"
  done >"$work/repository/conf/distributions"
  for package in "old $OLD_PACKAGE" "local $new" "broken $work/tenantd_broken.deb"; do
    reprepro -b "$work/repository" includedeb ${package%% *} "${package#* }" >"$work/said" 2>&1 || { said; fail reprepro; }
  done
  cp -r "$work/repository/dists" "$work/repository/pool" "$root/packages/"
  gpg --export >"$root/packages/key.gpg"
  chmod -R a+rX "$root/packages"
  rm -f "$root"/etc/apt/sources.list.d/* "$root/etc/apt/sources.list"
  for suite in old local broken; do
    echo "deb [signed-by=/packages/key.gpg] file:/packages $suite main"
  done >"$root/etc/apt/sources.list"
  quietly apt-get update
}

new=$(find "$BUILD/deb" -maxdepth 1 -name 'tenantd_*.deb' | head -n 1)
old_version=$(dpkg-deb -f "$OLD_PACKAGE" Version)
new_version=$(dpkg-deb -f "$new" Version)
lap
make_repository
took 'a signed repository'
sed -i 's/^Codename: local/&ly/' "$root/packages/dists/local/InRelease"
in_root apt-get update >"$work/said" 2>&1 || true
grep -q 'BADSIG\|not signed\|invalid\|NOSPLIT\|clearsigned' "$work/said" || { said; fail 'a repository that was changed is refused'; }
cp "$work/repository/dists/local/InRelease" "$root/packages/dists/local/InRelease"
quietly apt-get update
took 'a repository that was changed is refused'

start_database
in_root nginx
holds 'nginx runs before' in_root nginx -t
lap
install "tenantd=$old_version" || { said; fail "installing $old_version"; }
took "installed $old_version ($(installed))"
[ "$(package_state)" = "installed $old_version" ] || fail "state: $(package_state)"
[ "$(stat -c '%a %U %G' "$root/etc/tenantd/credentials")" = '700 root root' ] || fail 'credentials/ is for root alone'
settings_mode() { in_root stat -c '%a %U:%G' /etc/tenantd/tenantd.env; }
[ "$(in_root stat -c '%a %U' /var/lib/tenantd)" = '700 tenantd' ] || fail '/var/lib/tenantd is 0700 tenantd'
[ "$(in_root find /var/lib/tenantd/keys ! -user tenantd | wc -l)" = 0 ] || fail 'the keys belong to tenantd'
[ -L "$root/etc/nginx/sites-enabled/tenantd.conf" ] || fail 'the site is enabled'
[ "$(in_root find /etc/tenantd/credentials -name 'db_*' -size +40c | wc -l)" = 4 ] || fail 'four passwords were made'

# What an administrator does then.
echo 'PUBLIC_URL=http://accounts.test' >>"$root/etc/tenantd/tenantd.env"
sed -i 's/server_name _;/server_name accounts.test;/' "$root/etc/nginx/sites-available/tenantd.conf"
in_root nginx -s reload
lap
start_service
took 'started'
# The new program's work: root needs no setting. The older package has it not.
link=$(in_root sh -c 'set -a; . /etc/tenantd/tenantd.env; DB_SOCKET=/run/mysqld/mysqld.sock exec tenantctl setup-link')
ask -f -o /dev/null -H 'Content-Type: application/json' -d '{"setup_token":"'"${link##*token=}"'","email":"ann@example.com","password":"correct horse battery"}' \
  http://accounts.test/setup || fail 'the first super-admin is made'
holds 'the first sign-in' sign_in
took 'first super-admin, first sign-in through nginx'

# Under way from here on: a request every few hundredths of a second, none of which may fail.
(
  while [ ! -e "$work/enough" ]; do
    code=$(ask -o /dev/null -w '%{http_code}' http://accounts.test/health/ready) || code=failed
    echo "$code" >>"$work/codes"
    sleep 0.05
  done
) &
asking=$!
lap
cp "$root/etc/tenantd/tenantd.env" "$work/env-before"
in_root sh -c 'chown root:tenantd /etc/tenantd/tenantd.env; chmod 640 /etc/tenantd/tenantd.env'
install tenantd="$new_version" || { said; fail "upgrading to $new_version"; }
[ "$(settings_mode)" = '600 root:root' ] || fail 'an upgrade takes tenantd.env from the group'
fails 'nginx reads the settings' in_root setpriv --reuid=www-data --regid=www-data --init-groups cat /etc/tenantd/tenantd.env
took "upgraded to $new_version ($(installed))"
holds 'the service of before runs until it is restarted' kill -0 "$(cat "$work/tenantd.pid")"
[[ $(readlink "/proc/$(cat "$work/tenantd.pid")/exe") == *deleted* ]] || fail 'it runs from the program of before'
cmp -s "$work/env-before" "$root/etc/tenantd/tenantd.env" || fail 'the settings were kept'
holds 'the site was kept' grep -q 'server_name accounts.test' "$root/etc/nginx/sites-available/tenantd.conf"
touch "$work/enough"
wait $asking
[ "$(sort -u "$work/codes")" = 200 ] || fail "requests during the upgrade: $(sort "$work/codes" | uniq -c | tr '\n' ' ')"
took "$(wc -l <"$work/codes") requests during the upgrade, none failed"
stop_service
start_service
holds 'the account of before signs in' sign_in
took 'restarted, the account of before signs in'

# Root needs no environment; another user gets nothing of it.
holds 'root lists super-admins' in_root env -i PATH=/usr/bin:/usr/sbin:/bin sh -c 'tenantctl super-admin list | grep -q ann@example.com'
holds 'root asks as the application' in_root env -i PATH=/usr/bin:/usr/sbin:/bin sh -c 'tenantctl hosts | grep -q alive'
fails 'nobody lists super-admins' in_root setpriv --reuid=nobody --regid=nogroup --clear-groups env -i PATH=/usr/bin tenantctl super-admin list
fails 'a variable that says where the database is takes its place' in_root env -i PATH=/usr/bin DB_SOCKET=/nowhere tenantctl super-admin list
in_root env -i PATH=/usr/bin:/usr/sbin:/bin tenantctl doctor --json >"$work/doctor.json" || true
holds 'doctor finds no file of secrets that others read' jq -e '.checks[] | select(.check == "secrets") | .state == "ok"' "$work/doctor.json"
holds 'doctor knows the settings of tenantd.env' jq -e '[.checks[] | select(.check == "public_url") | .what] | any(contains("accounts.test"))' "$work/doctor.json"
in_root chmod 640 /etc/tenantd/tenantd.env
in_root env -i PATH=/usr/bin:/usr/sbin:/bin tenantctl doctor >"$work/said" || true
grep -q '/etc/tenantd/tenantd.env (0640)' "$work/said" || { said; fail 'doctor names the settings that a group reads'; }
in_root chmod 600 /etc/tenantd/tenantd.env
quietly tenantctl keys rotate
[ "$(in_root find /var/lib/tenantd/keys ! -user tenantd | wc -l)" = 0 ] || fail "keys that root makes are tenantd's"
holds 'completion' in_root bash -c '. /usr/share/bash-completion/completions/tenantctl; COMP_WORDS=(tenantctl mig) COMP_CWORD=1; _tenantctl; [ "${COMPREPLY[*]}" = migrate ]'
took 'tenantctl as root reads the settings; nobody else'

lap
install "tenantd=$new_version.broken" && fail 'a package whose migration fails was installed'
grep -q 'THE DATABASE WAS NOT BROUGHT UP TO DATE' "$work/said" || { said; fail 'it says so'; }
grep -q "Version $new_version goes on running" "$work/said" || { said; fail 'it says what runs'; }
grep 'tenantd: ' "$work/said" | sed 's/^/  | /'
holds 'the service answers all the same' ready
holds 'and signs in' sign_in
took 'a migration that fails stops the upgrade; the version before goes on'
in_root mariadb tenantd -e 'DROP TABLE IF EXISTS half'
install "tenantd=$new_version" || { said; fail 'going back'; }
[ "$(package_state)" = "installed $new_version" ] || fail "state: $(package_state)"
took 'gone back'

# A site that nginx refuses is disabled, and the others go on.
rm "$root/etc/nginx/sites-enabled/tenantd.conf"
holds 'upgrading does not enable a site that was disabled' in_root dpkg-reconfigure tenantd
[ ! -e "$root/etc/nginx/sites-enabled/tenantd.conf" ] || fail 'it was enabled'
ln -s ../sites-available/tenantd.conf "$root/etc/nginx/sites-enabled/tenantd.conf"
echo 'no_such_directive;' >>"$root/etc/nginx/tenantd/limits.conf"
in_root dpkg-reconfigure tenantd >"$work/said" 2>&1 || { said; fail 'reconfiguring'; }
grep -q 'is disabled again' "$work/said" || { said; fail 'it says that the site is disabled'; }
holds 'nginx can start' in_root nginx -t
sed -i '$d' "$root/etc/nginx/tenantd/limits.conf"
ln -s ../sites-available/tenantd.conf "$root/etc/nginx/sites-enabled/tenantd.conf"
took 'a site that nginx refuses is disabled, and nginx can start'

lap
stop_service
quietly apt-get remove -y tenantd
[ ! -e "$root/etc/nginx/sites-enabled/tenantd.conf" ] || fail 'removing disables the site'
holds 'nginx can start after the removal' in_root nginx -t
[ -n "$(ls "$root/var/lib/tenantd/keys")" ] || fail 'removing keeps the keys'
took 'removed'
install "tenantd=$new_version" || { said; fail 'installing again'; }
[ -L "$root/etc/nginx/sites-enabled/tenantd.conf" ] || fail 'installing again enables the site again'
start_service
holds 'the account of before the removal signs in' sign_in
stop_service
took 'installed again, the account of before signs in'

in_root nginx -s quit
SMTP_PASSWORD=secret chroot "$root" /usr/share/tenantd/container-start >"$work/container.log" 2>&1 </dev/null &
container=$!
await 'all of it is ready as in a container' ready
holds 'the account of before signs in there' sign_in
# Each program has what its unit would have, the environment's secrets among it.
for program in tenantd tenantd-courier tenantd-sweeper tenantd-reporter; do
  got=$(cd "$root/run/credentials/$program" && echo *)
  case $program in tenantd) name=db_password ;; *) name=db_${program#tenantd-}_password ;; esac
  [ "$got" = "$name" ] || fail "$program has $got"
done
for program in tenantd tenantd-courier nginx; do
  pids=$(pgrep -x "$program" --parent $container) || fail "$program runs in the container"
  for pid in $pids; do
    case $program in tenantd-courier) wanted=1 ;; *) wanted=0 ;; esac
    [ "$(tr '\0' '\n' <"/proc/$pid/environ" | grep -c '^SMTP_PASSWORD=')" = $wanted ] || fail "$program and SMTP_PASSWORD"
  done
done
kill $container
wait $container || fail 'it ends by TERM'
await 'nginx is gone' bash -c '! curl -s http://127.0.0.1/ >/dev/null'
in_root nginx
took 'started and ended as in a container'

cp "$root/etc/nginx/sites-available/tenantd.conf" "$root/etc/nginx/sites-available/mine.conf"
ln -s ../sites-available/mine.conf "$root/etc/nginx/sites-enabled/mine.conf"
quietly apt-get purge -y tenantd
grep 'tenantd: ' "$work/said" | sed 's/^/  | /'
[ ! -e "$root/etc/nginx/sites-enabled/mine.conf" ] || fail 'purging disables what includes its files'
holds 'nginx can start after the purge' in_root nginx -t
holds 'purging keeps the data unless it is told otherwise' in_root mariadb -e 'SELECT 1 FROM tenantd.user LIMIT 1'
[ -n "$(ls "$root/var/lib/tenantd/keys")" ] && [ -e "$root/etc/tenantd/credentials/db_password" ] || fail 'purging keeps keys and passwords'
[ ! -e "$root/etc/tenantd/tenantd.env" ] || fail 'purging takes the settings'
took 'purged, data kept'
install "tenantd=$new_version" || { said; fail 'installing after the purge'; }
[ "$(settings_mode)" = '600 root:root' ] || fail 'tenantd.env is 0600 root:root'
echo 'tenantd tenantd/purge-data boolean true' | in_root debconf-set-selections
quietly apt-get purge -y tenantd
[ ! -e "$root/etc/tenantd" ] && [ ! -e "$root/var/lib/tenantd" ] && [ ! -e "$root/var/lib/tenantd-files" ] || fail 'purging with yes takes the folders'
[ "$(in_root mariadb -N -e "SELECT COUNT(*) FROM mysql.user WHERE user LIKE 'tenantd%'")" = 0 ] || fail 'and the accounts of the database'
fails 'and the database' in_root mariadb -e 'USE tenantd'
took 'purged with the data'
stop_database
echo "package: $old_version → $new_version: everything holds"
