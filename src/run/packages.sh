#!/usr/bin/env bash
# packages.sh: the one list of Debian packages, by what they are for.
#
#   packages.sh list [group...]              prints the packages
#   packages.sh missing [group...]           prints those that are not installed
#   packages.sh install-missing [group...]   installs those, saying so first
#
# Groups: build run test lint bench; none named = build run.
set -euo pipefail

# shellcheck disable=SC2034,SC2086  # the groups are read by name, and are lists
build='ccache g++ libargon2-dev libcgicc-dev libcrypt-dev libcurl4-openssl-dev libfcgi-dev libidn2-dev
  libkainjow-mustache-dev libmysqlcppconn-dev liboath-dev libssl-dev libsystemd-dev libutf8proc-dev libvalijson-dev libzxcvbn-dev
  make pkg-config python3-zxcvbn rapidjson-dev'
run='curl mariadb-server nginx-light python3'
test='libcriterion-dev python3-aiosmtpd'
lint='clang-format clang-tidy openssl systemd'
bench='wrk'

fail() {
  printf 'packages: %s\n' "$*" >&2
  exit 1
}

list() {
  local group
  for group in "${@:-build}"; do
    case $group in
      build | run | test | lint | bench) printf '%s\n' ${!group} ;;
      *) fail "no group is called '$group'; there are build, run, test, lint and bench." ;;
    esac
  done | LC_ALL=C sort -u
}

missing() {
  local package packages present
  packages=$(list "$@")
  # shellcheck disable=SC2086  # a list
  present=" $(dpkg-query -W -f '${Package}:${db:Status-Status} ' $packages 2>/dev/null || true)"
  # Any nginx will do, whatever package it came from.
  if PATH=$PATH:/usr/sbin command -v nginx >/dev/null; then present+=' nginx-light:installed '; fi
  for package in $packages; do
    case $present in *" $package:installed "*) ;; *) printf '%s\n' "$package" ;; esac
  done
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
  mariadb*:start | mysql*:start | nginx*:start) exit 101 ;;
esac
exit 0
RULE
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
}

install_missing() {
  local packages service
  packages=$(missing "$@" | tr '\n' ' ')
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
  for service in mariadb:mariadb-server nginx:nginx-light; do
    case " $packages " in
      *" ${service#*:} "*)
        command -v systemctl >/dev/null && systemctl disable "${service%:*}.service" >/dev/null 2>&1 &&
          echo "packages: the system service ${service%:*} stays off; 'systemctl enable --now ${service%:*}' turns it on"
        ;;
    esac
  done
  packages=$(missing "$@" | tr '\n' ' ')
  [ -z "$packages" ] || fail "still missing after apt-get: $packages"
}

command=${1:-}
shift || true
[ $# -gt 0 ] || set -- build run
case $command in
  list) list "$@" ;;
  missing) missing "$@" ;;
  install-missing) install_missing "$@" ;;
  *) fail 'use list, missing or install-missing, then groups.' ;;
esac
