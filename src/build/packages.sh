#!/usr/bin/env bash
# packages.sh: the one list of what must be installed, by what it is for: Debian's packages, and npm's as "npm:NAME@VERSION".
#
#   packages.sh list [group...]              prints the packages
#   packages.sh missing [group...]           prints those that are not installed
#   packages.sh install-missing [group...]   installs those, saying so first
#   packages.sh libraries                    only fetches the files of npm's packages that nginx serves
#
# Groups: build run test lint bench fuzz deb deb_test client; none named = build run.
# Nothing of npm is installed for the system: what nginx serves goes to nginx/www/lib, what the suite runs to .cache/node.
# Without npm's registry the service runs as well; the pages and the tests that need it say what is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# shellcheck disable=SC2034,SC2086  # the groups are read by name, and are lists
build='ccache g++ libargon2-dev libc-ares-dev libcbor-dev libcgicc-dev libcrypt-dev libcurl4-openssl-dev libfcgi-dev libfido2-dev libhiredis-dev libidn2-dev
  libkainjow-mustache-dev libmysqlcppconn-dev liboath-dev libpsl-dev libre2-dev libseccomp-dev libssl-dev libsystemd-dev libutf8proc-dev libvalijson-dev libzxcvbn-dev lowdown
  make pkg-config python3-zxcvbn rapidjson-dev zlib1g-dev'
run='curl jq mariadb-server nginx-light nodejs npm python3'
test='apache2 chromium-headless-shell haproxy libapache2-mod-auth-openidc libcriterion-dev prometheus python3-aiosmtpd redis-server rsyslog rsyslog-gnutls'
lint='clang-format clang-tidy openssl systemd'
bench='wrk'
fuzz='clang libclang-rt-14-dev'
deb='debhelper fakeroot lintian po-debconf'
deb_test='apt-utils debootstrap gpg iproute2 reprepro'
client='nodejs npm'

# npm, group run: NAME@VERSION, the tarball's SHA-256, and the files that nginx serves. Each is taken by itself, without the
# packages it names and without their scripts.
npm_run='
htm@3.1.1 2425b9bee11409177bcabc7f32e319926fc6690c1701c0b257c88bdff2d5ba90 preact/standalone.module.js LICENSE
redoc@2.5.4 44922df4d0eb45c1b066c09ec251e6bd9bd7ded16bc69e87613337b9d911a56e bundles/redoc.standalone.js bundles/redoc.standalone.js.LICENSE.txt LICENSE
swagger-ui-dist@5.35.0 1b8e891893404ea4c3558b6a87e2a3e494e7eedba41168c2ece5800a391a6ea6 swagger-ui-bundle.js swagger-ui-bundle.js.LICENSE.txt swagger-ui.css LICENSE NOTICE
uplot@1.6.32 4b8a8191e425658e3ea8c8c1314b0fc679c861ee3a1af2b20c7b16ba50b5133d dist/uPlot.esm.js dist/uPlot.min.css LICENSE
'
# npm, groups test and client: the dependencies of this package.json, pinned with all they need by the package-lock.json beside it.
# What Debian 12's node can run: not the newest.
npm_test=tests/node
www_lib=nginx/www/lib
node_dir=.cache/node

say() { printf 'packages: %s\n' "$*" >&2; }
fail() {
  say "$@"
  exit 1
}

list() {
  local group
  for group in "${@:-build}"; do
    case $group in
      build | run | test | lint | bench | fuzz | deb | deb_test | client) printf '%s\n' ${!group} ;;
      *) fail "no group is called '$group'; there are build, run, test, lint, bench, fuzz, deb and deb_test." ;;
    esac
    case $group in
      run) awk 'NF { print "npm:" $1 }' <<<"$npm_run" ;;
      test | client) sed -n '/"dependencies"/,/}/s/^ *"\(.*\)": "\([0-9].*\)".*/npm:\1@\2/p' $npm_test/package.json ;;
    esac
  done | LC_ALL=C sort -u
}

# The folder of a library of npm_run, whose name carries the version: redoc@1.2.3 is in redoc-1.2.3.
folder_of() { printf '%s/%s-%s' "$www_lib" "${1%@*}" "${1##*@}"; }

library_is_there() {
  local folder file
  folder=$(folder_of "$1")
  shift 2
  for file; do [ -e "$folder/${file##*/}" ] || return 1; done
}

node_modules_are_there() {
  cmp -s $npm_test/package-lock.json $node_dir/package-lock.json && [ -e $node_dir/node_modules/.package-lock.json ]
}

missing_of_npm() {
  local library group
  for group; do
    case $group in
      run)
        while read -r library; do
          # shellcheck disable=SC2086  # fields
          [ -z "$library" ] || library_is_there $library || printf 'npm:%s\n' "${library%% *}"
        done <<<"$npm_run"
        ;;
      test | client) node_modules_are_there || list test | grep '^npm:' ;;
    esac
  done
}

missing() {
  local package packages present
  packages=$(list "$@" | sed '/^npm:/d')
  # shellcheck disable=SC2086  # a list
  present=" $(dpkg-query -W -f '${Package}:${db:Status-Status} ' $packages 2>/dev/null || true)"
  # Any of these will do, whatever package it came from.
  if PATH=$PATH:/usr/sbin command -v nginx >/dev/null; then present+=' nginx-light:installed '; fi
  if command -v node >/dev/null; then present+=' nodejs:installed '; fi
  if command -v npm >/dev/null; then present+=' npm:installed '; fi
  if command -v chromium-headless-shell >/dev/null; then present+=' chromium-headless-shell:installed '; fi
  for package in $packages; do
    case $present in *" $package:installed "*) ;; *) printf '%s\n' "$package" ;; esac
  done
  missing_of_npm "$@"
}

# A database or web server that comes along must not start now or at boot: the private instance brings its own
# processes. Only first starts are refused; a service that runs already is upgraded and restarted as always.
policy=/usr/sbin/policy-rc.d
forbid_services() {
  [ -e "$policy" ] && return  # the administrator's own rule stands
  cat >"$policy" <<'RULE'
#!/bin/sh
# For the length of one package installation (tenantd's packages.sh).
case "$1:$2" in
  apache2*:start | mariadb*:start | mysql*:start | nginx*:start | prometheus*:start | redis*:start | rsyslog*:start) exit 101 ;;
esac
exit 0
RULE
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
}

install_debian() {
  local packages service
  packages=$(missing "$@" | sed '/^npm:/d' | tr '\n' ' ')
  packages=${packages% }
  [ -z "$packages" ] && return 0
  command -v apt-get >/dev/null || fail "missing: $packages; this system has no apt-get, so install them by hand."
  [ "$(id -u)" = 0 ] || fail "missing packages: run 'sudo apt-get install --no-install-recommends $packages'."
  echo "packages: installing with apt-get: $packages"
  forbid_services
  export DEBIAN_FRONTEND=noninteractive
  # Old or absent lists know no such package, or a version that is gone.
  if ! apt-get install -qq -y --no-install-recommends --download-only $packages >/dev/null 2>&1; then
    echo 'packages: the package lists are old or absent: apt-get update'
    apt-get update -qq || fail "apt-get update failed; nothing was installed."
  fi
  # Configuration files that exist already, of whatever origin, are kept: nobody is here to answer a question.
  apt-get install -qq -y --no-install-recommends -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 $packages \
    >/dev/null || fail "apt-get install $packages failed; its message is above."
  for service in mariadb:mariadb-server nginx:nginx-light prometheus:prometheus redis-server:redis-server rsyslog:rsyslog; do
    case " $packages " in
      *" ${service#*:} "*)
        command -v systemctl >/dev/null && systemctl disable "${service%:*}.service" >/dev/null 2>&1 &&
          echo "packages: the system service ${service%:*} stays off; 'systemctl enable --now ${service%:*}' turns it on"
        ;;
    esac
  done
  packages=$(missing "$@" | sed '/^npm:/d' | tr '\n' ' ')
  [ -z "$packages" ] || fail "still missing after apt-get: $packages"
}

# npm with nothing but what it is asked for: no script of a package runs, nothing is reported home.
quiet_npm() {
  npm --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error --fetch-retries=1 --fetch-retry-mintimeout=2000 "$@" </dev/null
}

# unpack NAME@VERSION SHA-256 FILE...: into its folder, which appears when it is whole.
unpack() {
  local library=$1 sum=$2 folder made file
  folder=$(folder_of "$library")
  shift 2
  made=$(mktemp -d "$PWD/.cache/library.XXXXXX") || return 1
  mkdir "$made/new"
  (cd "$made" && quiet_npm pack "$library") >/dev/null || { say "npm cannot fetch $library; its message is above"; rm -rf "$made"; return 1; }
  sha256sum "$made"/*.tgz | grep -q "^$sum " || { say "$library is not what it was: SHA-256 differs"; rm -rf "$made"; return 1; }
  tar -xzf "$made"/*.tgz -C "$made" || { rm -rf "$made"; return 1; }
  for file; do cp "$made/package/$file" "$made/new/" || { rm -rf "$made"; return 1; }; done
  # The one thing it would fetch from elsewhere: a logo, which it leaves out when there is none.
  sed -i 's|https://cdn\.redoc\.ly/redoc/logo-mini\.svg|data:,|' "$made"/new/*.js
  chmod -R u=rwX,go=rX "$made/new"
  mkdir -p "$www_lib" && rm -rf "$folder" && mv "$made/new" "$folder"
  rm -rf "$made"
}

# Returns 1, having said why, if a library is still missing.
fetch_libraries() {
  local library folder wanted=' '
  mkdir -p .cache
  while read -r library; do
    [ -n "$library" ] || continue
    wanted+="$(folder_of "${library%% *}") "
    # shellcheck disable=SC2086  # fields
    if ! library_is_there $library; then
      command -v npm >/dev/null || { say "npm is not there, so ${library%% *} is missing"; return 1; }
      echo "packages: fetching with npm: ${library%% *}"
      unpack $library || return 1
    fi
  done <<<"$npm_run"
  for folder in "$www_lib"/*; do
    case $wanted in *" $folder "*) ;; *) rm -rf "$folder" ;; esac
  done
}

# The same for what the suite runs. Made beside, so that a half of it is never taken for the whole.
install_node_modules() {
  local made
  node_modules_are_there && return 0
  command -v npm >/dev/null || { say 'npm is not there'; return 1; }
  echo "packages: installing with npm into $node_dir: $(missing_of_npm test | sed 's/^npm://' | tr '\n' ' ')"
  mkdir -p .cache
  made=$(mktemp -d "$PWD/.cache/node.XXXXXX") || return 1
  cp $npm_test/package.json $npm_test/package-lock.json "$made/"
  (cd "$made" && quiet_npm ci) >/dev/null || { rm -rf "$made"; say 'npm ci failed; its message is above'; return 1; }
  rm -rf $node_dir && mv "$made" $node_dir
}

install_npm() {
  local group
  [ -n "$(missing_of_npm "$@")" ] || return 0
  mkdir -p .cache
  exec 8>.cache/packages.lock
  flock 8
  for group; do
    case $group in
      run) fetch_libraries || say 'so the console, /api/v1/docs and /api/v1/redoc stay empty; everything else works' ;;
      test | client) install_node_modules || say 'so the tests in the browser will fail, and there is no client' ;;
    esac
  done
  exec 8>&-
}

install_missing() {
  install_debian "$@"
  install_npm "$@"
}


command=${1:-}
shift || true
[ $# -gt 0 ] || set -- build run
case $command in
  list) list "$@" ;;
  missing) missing "$@" ;;
  install-missing) install_missing "$@" ;;
  libraries) fetch_libraries ;;
  *) fail 'use list, missing or install-missing, then groups; or libraries.' ;;
esac
