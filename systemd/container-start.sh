#!/bin/bash
# Starts all of tenantd where there is no systemd, as in a container, and stays until one part ends or TERM comes.
# Settings are those of the environment, above /etc/tenantd/tenantd.env. What a first start lacks is made: passwords in
# /etc/tenantd/credentials and keys in /var/lib/tenantd, which must outlive the container.
set -eu
umask 077

said=$(export -p)
set -a
. /etc/tenantd/tenantd.env
eval "$said"
set +a

credentials=/etc/tenantd/credentials
install -d -m 0700 $credentials
systemd-tmpfiles --create tenantd.conf
for name in db_password db_courier_password db_reporter_password db_sweeper_password; do
  [ -e $credentials/$name ] || od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >$credentials/$name
done
# As root, tenantctl reads all of them.
control() { CREDENTIALS_DIRECTORY=$credentials tenantctl "$@"; }
[ -e "${KEYS_DIR:=/var/lib/tenantd/keys}/signing/active-rsa" ] || control keys create
# 75: the database does not answer yet.
until control migrate; do
  [ $? = 75 ] || exit 1
  sleep 1
done

# as_tenantd PROGRAM [ARGUMENT…]: with the secrets that its unit would have, those of files as copies that its account
# reads, and without those of others, which the environment may hold.
secrets=$(tenantctl settings --secrets)
install -d -m 0711 /run/credentials
as_tenantd() {
  local own=/run/credentials/$1 key file units
  rm -rf "$own"
  install -d -m 0700 "$own"
  while read -r key file units; do
    if [[ " $units " != *" $1 "* ]]; then
      unset "$key" "${key}_FILE"
    elif [ -e $credentials/"$file" ]; then
      cp $credentials/"$file" "$own/"
    fi
  done <<<"$secrets"
  chown -R tenantd:tenantd "$own"
  export CREDENTIALS_DIRECTORY=$own
  exec setpriv --reuid=tenantd --regid=tenantd --init-groups "$@"
}
as_tenantd tenantd &
as_tenantd tenantd-courier &
as_tenantd tenantd-sweeper --watch 60 &
as_tenantd tenantd-reporter --watch 60 &
env -i PATH="$PATH" nginx -g 'daemon off;' &
trap 'kill $(jobs -p) 2>/dev/null; wait; exit 0' TERM INT
wait -n || true
echo 'tenantd: a part has ended, so all ends' >&2
kill $(jobs -p) 2>/dev/null
wait
exit 1
