# The nginx sites that include tenantd's files. They are named by their links in sites-enabled/.
nginx_dir=${NGINX_DIR:-/etc/nginx}

# sites_with PATTERN: the enabled sites with such a line.
sites_with() {
    for link in "$nginx_dir"/sites-enabled/*; do
        if [ -f "$link" ] && grep -Eq "^[[:space:]]*$1" "$link"; then echo "$link"; fi
    done
}

nginx_is_content() {
    ! command -v nginx >/dev/null || nginx_said=$(nginx -t 2>&1)
}

reload_nginx() {
    if command -v invoke-rc.d >/dev/null && command -v nginx >/dev/null; then invoke-rc.d nginx reload || true; fi
}
