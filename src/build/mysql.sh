#!/usr/bin/env bash
# mysql.sh: a MySQL server beside Debian 12's MariaDB, unpacked into .cache and never installed.
#
#   mysql.sh fetch       gets and unpacks it if it is not there; prints the folder, in which bin/mysqld starts it
#   mysql.sh record      writes src/build/mysql.sums anew from what apt offers now
#
# Debian 12 has no MySQL, Debian's unstable branch has. apt fetches it with an index of its own from the mirror that it uses
# already, checks the archive's signature, and dpkg only unpacks: libraries, loader and server stay in one folder.
# mysql.sums names each package that was tested, with its SHA-256. A package of the same name and version with another sum
# is refused. A newer one that the archive signs is used, and said so; MYSQL_PINNED=1 refuses it too.
# Exit status: 75 if nothing could be fetched, which another day may do; 1 if what came is not what it should be.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
sums=$top/src/build/mysql.sums
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
home=$top/.cache/mysql
work=$home/apt
mirror=

say() { printf 'mysql: %s\n' "$*" >&2; }
fail() {
  say "$@"
  exit 1
}
out_of_reach() {
  say "$@"
  exit 75
}

# What the server is made of: where mysql.sums changes, another folder is wanted.
folder() { printf '%s/%s' "$home" "$(sha256sum "$sums" | cut -c1-16)"; }

# The Debian mirror that apt was told of.
find_mirror() {
  apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 2>/dev/null |
    awk '$2 !~ /-(security|updates|backports)/ && $1 ~ /\/debian\/?$/ { print $1; exit }'
}

# An index and a cache of its own, and no installed package, so that every library comes along.
make_apt() {
  [ -e "$keyring" ] || fail "there is no $keyring; install debian-archive-keyring."
  mirror=$(find_mirror)
  [ -n "$mirror" ] || { apt-get update -qq >&2 || true; mirror=$(find_mirror); }
  [ -n "$mirror" ] || out_of_reach 'apt names no Debian mirror; is this Debian, and did apt-get update run?'
  mkdir -p "$work"/lists/partial "$work"/archives/partial
  : >"$work/status"
  printf 'deb [signed-by=%s] %s sid main\n' "$keyring" "$mirror" >"$work/sources.list"
  cat >"$work/apt.conf" <<END
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work";
Dir::Cache::archives "$work/archives";
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
END
  export APT_CONFIG=$work/apt.conf
}

download() {
  say 'fetching a MySQL server with apt'
  apt-get update -qq --error-on=any >"$work/log" 2>&1 || { cat "$work/log" >&2; out_of_reach "the package lists cannot be fetched from $mirror; is the network there?"; }
  apt-get -qq -y --download-only -o Debug::NoLocking=1 install mysql-server-core >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; out_of_reach "the packages of mysql-server-core cannot be fetched from $mirror; is the network there?"; }
}

# "NAME VERSION SHA-256" of each package that was fetched.
list() {
  local deb
  for deb in "$work"/archives/*.deb; do
    printf '%s %s\n' "$(dpkg-deb -W --showformat '${Package} ${Version}' "$deb")" "$(sha256sum "$deb" | cut -d ' ' -f 1)"
  done | LC_ALL=C sort
}

check() {
  local newer
  list >"$work/list"
  awk 'NR == FNR { if (!/^#/) sum[$1 " " $2] = $3; next }
       ($1 " " $2) in sum && sum[$1 " " $2] != $3 { print $1 " " $2; bad = 1 }
       END { exit bad }' "$sums" "$work/list" >&2 || fail 'these packages are not what they were: their SHA-256 differ'
  newer=$(awk 'NR == FNR { known[$1 " " $2] = 1; next } !(($1 " " $2) in known) { printf "%s ", $1 "=" $2 }' "$sums" "$work/list")
  [ -z "$newer" ] && return
  [ -z "${MYSQL_PINNED:-}" ] || fail "not recorded in src/build/mysql.sums: $newer"
  say "newer than what src/build/mysql.sums records, signed by Debian's archive: $newer"
}

# bin/mysqld: the server with the loader and the libraries that came with it.
unpack() {
  local into=$1 deb lib
  rm -rf "$into"
  mkdir -p "$into/root" "$into/bin"
  for deb in "$work"/archives/*.deb; do dpkg-deb -x "$deb" "$into/root"; done
  rm -rf "$into"/root/usr/share/{doc,man,locale,info}
  lib=$(find "$into/root" -name 'ld-linux*.so.?' -type f | head -1)
  [ -n "$lib" ] && [ -x "$into/root/usr/sbin/mysqld" ] || fail 'the packages hold no server, or no loader for it'
  cat >"$into/bin/mysqld" <<'END'
#!/bin/sh
root=$(cd "$(dirname "$0")/../root" && pwd -P)
loader=$(echo "$root"/usr/lib/*/ld-linux*.so.?)
first=$1
shift
exec "$loader" --library-path "${loader%/*}:$root/usr/lib/mysql/private" "$root/usr/sbin/mysqld" "$first" --basedir="$root/usr" \
  --lc-messages-dir="$root/usr/share/mysql" --character-sets-dir="$root/usr/share/mysql/charsets" \
  --plugin-dir="$root/usr/lib/mysql/plugin" --secure-file-priv=NULL "$@"
END
  chmod 755 "$into/bin/mysqld"
  "$into/bin/mysqld" --no-defaults --version >"$into/version" || fail 'the server that was unpacked does not start'
}

fetch() {
  local wanted
  wanted=$(folder)
  if [ ! -e "$wanted/version" ]; then
    mkdir -p "$home"
    exec 8>"$home/lock"
    flock 8
    if [ ! -e "$wanted/version" ]; then
      make_apt
      download
      check
      unpack "$wanted.new"
      rm -rf "$wanted"
      mv "$wanted.new" "$wanted"
      rm -rf "$work"
    fi
  fi
  printf '%s\n' "$wanted"
}

record() {
  mkdir -p "$home"
  rm -rf "$work"
  make_apt
  download
  {
    echo '# The packages of the MySQL server that the suite was run against: name, version, SHA-256. Written by mysql.sh record.'
    list
  } >"$sums"
}

case ${1:-} in
  fetch) fetch ;;
  record) record ;;
  *) fail 'use fetch or record.' ;;
esac
