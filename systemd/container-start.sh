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
# The account of the service reads copies, as systemd would give it.
rm -rf /run/credentials
cp -r $credentials /run/credentials
chown -R tenantd:tenantd /run/credentials
for file in /run/credentials/*; do
  name=$(basename "$file" | tr a-z A-Z)
  if [ -z "${!name+x}" ]; then export "${name}_FILE=$file"; fi
done
[ -e "${KEYS_DIR:=/var/lib/tenantd/keys}/signing/active-rsa" ] || tenantctl keys create
# 75: the database does not answer yet.
until tenantctl migrate; do
  [ $? = 75 ] || exit 1
  sleep 1
done

as_tenantd() { exec setpriv --reuid=tenantd --regid=tenantd --init-groups "$@"; }
as_tenantd tenantd &
as_tenantd tenantd-courier &
as_tenantd tenantd-sweeper --watch 60 &
as_tenantd tenantd-reporter --watch 60 &
nginx -g 'daemon off;' &
trap 'kill $(jobs -p) 2>/dev/null; wait; exit 0' TERM INT
wait -n || true
echo 'tenantd: a part has ended, so all ends' >&2
kill $(jobs -p) 2>/dev/null
wait
exit 1
