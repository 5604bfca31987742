# shellcheck shell=bash
# Of run.sh: CPU time and memory of processes.

part_pid() { cut -d ' ' -f 1 "$RUN_DIR/pid/$1"; }
children() { cat "/proc/$1/task/$1/children" 2>/dev/null; }

# CPU microseconds of a process and its children, those that have ended included.
hertz=$(getconf CLK_TCK)
cpu_of() {
  local pid line fields ticks=0 first=1
  # shellcheck disable=SC2046  # a list
  for pid in "$1" $(children "$1"); do
    read -r line 2>/dev/null <"/proc/$pid/stat" || continue
    read -ra fields <<<"${line##*) }"
    ticks=$((ticks + fields[11] + fields[12] + (first ? fields[13] + fields[14] : 0)))
    first=0
  done
  printf '%s' $((ticks * 1000000 / hertz))
}

niceness_of() {
  local line fields
  read -r line <"/proc/$1/stat" && read -ra fields <<<"${line##*) }" && printf '%s' "${fields[16]}"
}

pss_of() { awk '/^Pss:/ { print $2 }' "/proc/$1/smaps_rollup"; }

# "kind KiB" for each process that tenantd consists of. The workers of the password lane are the nicer ones.
memory() {
  local pid base kind
  base=$(niceness_of "$tenantd")
  printf 'master %s\n' "$(pss_of "$tenantd")"
  for pid in $(children "$tenantd"); do
    kind='fast'
    [ "$(niceness_of "$pid")" = "$base" ] || kind='hash'
    printf '%s %s\n' $kind "$(pss_of "$pid")"
  done
  printf 'courier %s\n' "$(pss_of "$courier")"
}
