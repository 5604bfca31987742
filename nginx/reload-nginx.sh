#!/bin/sh
# Lets nginx read its certificates again, unless it would refuse its configuration. For certbot (--deploy-hook) and lego
# (--renew-hook): a renewal that nothing reads ends with the certificate of before.
set -eu
PATH=$PATH:/usr/sbin:/sbin
if ! said=$(nginx -t 2>&1); then
    echo "nginx was not reloaded, since it refuses its configuration: it goes on with the certificate of before" >&2
    echo "$said" >&2
    exit 1
fi
if [ -d /run/systemd/system ]; then
    exec systemctl reload nginx
fi
exec nginx -s reload
