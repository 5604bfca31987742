#!/usr/bin/env bash
# env-example.sh DATA_FOLDER: prints an environment file with every setting, its meaning and its default, from the table.
set -eu
table=$(dirname "${BASH_SOURCE[0]}")/../../include/tenantd/config/settings.def
cat <<'HEAD'
# tenantd's settings, read by its services at their start (systemd EnvironmentFile). Every line that is commented out
# shows the default. Set PUBLIC_URL at least.
#
# Passwords do not belong here: each service gets its own as a systemd credential, from files in
# /etc/tenantd/credentials/ that only root reads: db_password, db_courier_password, db_reporter_password,
# db_sweeper_password, smtp_password.
HEAD
sed -nE '
  s/^SECTION\("(.*)"\)$/\n# --- \1/p
  s/^TEXT\([a-z0-9_]+, "([A-Z0-9_]+)", "([^"]*)", "([^"]*)", "(.*)"\)$/\n# \4 (\3)\n#\1=\2/p
  s/^NUMBER\([a-z0-9_]+, "([A-Z0-9_]+)", ([0-9]+), "([^"]*)", "(.*)", ([0-9]+), ([0-9]+)\)$/\n# \4 (\3, \5 to \6)\n#\1=\2/p
  s/^FLAG\([a-z0-9_]+, "([A-Z0-9_]+)", (true|false), "(.*)"\)$/\n# \3\n#\1=\2/p
  s/^SECRET\([a-z0-9_]+, "([A-Z0-9_]+)", "(.*)"\)$/\n# \1: \2/p
' "$table" | sed "s|^#SQL_DIR=.*|SQL_DIR=$1/sql|"
