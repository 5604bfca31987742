# shellcheck shell=bash
# Of stack.sh: starts processes, and ends those that are its own.

# The order that loses no request.
stop_order=(reporter sweeper nginx tenantd courier database)

# A process is named by pid and start time: a pid alone may be somebody else's by now.
# Sets `state`, `session` and `born`, or returns 1.
look() {
  local line fields
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  read -ra fields <<<"${line##*) }"
  state=${fields[0]} session=${fields[3]} born=${fields[19]}
}

# Sets `pid` if the part runs.
runs() {
  local recorded command
  pid=
  { read -r pid recorded command <"$RUN_DIR/pid/$1"; } 2>/dev/null || return 1
  look "$pid" && [ "$state" != Z ] && [ "$born" = "$recorded" ]
}

# A process of this instance writes into its folder: a part its log, and a script in the foreground holds it open. A folder
# that was copied names the processes of the first one; and a number of before the machine started may be anybody's now.
belongs() {
  local descriptor
  for descriptor in 1 2 7; do
    case $(readlink "/proc/$1/fd/$descriptor" 2>/dev/null) in "$real_dir"/*) return 0 ;; esac
  done
  return 1
}

# Beside that, what the part was started as still stands in its command line (a title such as "nginx: master" counts).
is_ours() {
  local command line
  read -r _ _ command <"$RUN_DIR/pid/$1" || return 1
  line=$(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null) || return 1
  case $line in *"${command##*/}"*) belongs "$pid" ;; *) return 1 ;; esac
}

runs_here() { runs "$1" && is_ours "$1"; }

# spawn PART COMMAND...: in a session of its own, so that Ctrl-C reaches only this script, which stops in order.
spawn() {
  local part=$1
  shift
  setsid "$@" </dev/null >>"$RUN_DIR/log/$part.log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
  child[$!]=$part
  look $! || born=0
  printf '%s %s %s\n' $! "$born" "$1" >"$RUN_DIR/pid/$part"
}

# Ends what is left of a part's session: workers of a master that was killed. A session of that number may be another's.
reap_session() {
  local leader=$1 entry other
  for entry in /proc/[0-9]*; do
    other=${entry#/proc/}
    look "$other" || continue
    if [ "$session" = "$leader" ] && [ "$state" != Z ] && belongs "$other"; then kill -KILL "$other" 2>/dev/null || true; fi
  done
}

# end PART SIGNAL SECONDS: sends the signal, waits, and kills what does not go.
end() {
  local part=$1 signal=$2 patience=$3 leader deadline
  [ -e "$RUN_DIR/pid/$part" ] || return 0
  if runs "$part"; then
    if is_ours "$part"; then
      kill "-$signal" "$pid" 2>/dev/null || true
      deadline=$((SECONDS + patience))
      while runs "$part"; do
        if [ $SECONDS -ge $deadline ]; then
          say "tenantd: $part (pid $pid) did not stop within $patience s and is killed"
          kill -KILL "$pid" 2>/dev/null || true
          nap 0.1
          break
        fi
        nap 0.02
      done
    fi
  fi
  read -r leader _ <"$RUN_DIR/pid/$part" || leader=
  [ -z "$leader" ] || unset "child[$leader]"
  # While a process of the session lives, its number is not given to another.
  if [ -n "$leader" ] && [ ! -e "/proc/$leader" ]; then reap_session "$leader"; fi
  rm -f "$RUN_DIR/pid/$part"
}

stop_parts() {
  local drain=${DRAIN_SECONDS:-30} part
  case $drain in *[!0-9]*) drain=30 ;; esac
  for part in "${stop_order[@]}"; do
    case $part in
      nginx) end nginx QUIT 15 ;;
      tenantd) end tenantd TERM $((drain + 5)) ;;
      database) end database TERM 60 ;;
      *) end "$part" TERM 15 ;;
    esac
  done
  rm -f "$RUN_DIR/port" "$RUN_DIR/pid/foreground"
  if [ -L "$RUN_DIR/run" ]; then
    if holds_sockets "$(readlink "$RUN_DIR/run")"; then rm -rf -- "$(readlink "$RUN_DIR/run")"; fi
    rm -f "$RUN_DIR/run"
  fi
}
