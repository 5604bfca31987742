# shellcheck shell=bash
# Of run.sh: what stands in the instance before it is measured.

begin_hello() {
  hello_socket=$work/hello.sock
  "$BUILD/bench/hello" "$hello_socket" "$WORKERS" "$WORKER_THREADS" >"$work/hello.log" 2>&1 &
  hello=$!
  started+=("$hello")
  await hello test -S "$hello_socket"
}

# A location that is tenantd's own in everything but the upstream.
location() {
  printf 'location = %s {\n  %s\n' "$1" "$3"
  sed "s/^fastcgi_pass .*/fastcgi_pass $2;/" "$top/nginx/snippets/fastcgi.conf"
  printf '}\n'
}

extend_nginx() {
  # tenantd's own upstream with other sockets.
  sed -n '/upstream tenantd_fast {/,/}/p' "$RUN_DIR/nginx/nginx.conf" >"$work/upstream"
  local name
  for name in hello second; do
    sed "s|tenantd_fast|tenantd_$name|; s|\"unix:[^\"]*\"|\"unix:$work/$name.sock\"|" "$work/upstream"
  done >"$RUN_DIR/nginx/extra-http-bench.conf"
  {
    location /bench-hello tenantd_hello ''
    location /bench-me tenantd_second 'rewrite ^ /users/me break;'
    location /bench-metrics tenantd_second 'rewrite ^ /metrics break;'
    location /bench-ready tenantd_second 'rewrite ^ /health/ready break;'
  } >"$RUN_DIR/nginx/extra-server-bench.conf"
  kill -HUP "$nginx" || fail "nginx is gone."
  await 'the hello location' answers /bench-hello
}

answers() { [ "$(get -o /dev/null -w '%{http_code}' "$url$1" 2>/dev/null)" = 200 ]; }

# The same question with less ado, since starting curl takes as long as what is measured.
answers_fast() {
  local status=
  { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || return 1
  printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&3
  read -r -t 5 status <&3
  exec 3>&-
  [[ $status == *' 200 '* ]]
}

# Another tenantd on the same database: how long until it is ready, and tenantd without its session cache.
# begin_second SETTING=VALUE...; sets `second`.
begin_second() {
  (
    # shellcheck disable=SC1091  # made at the start
    . "$RUN_DIR/environment"
    # shellcheck disable=SC2163  # SETTING=VALUE
    export FAST_SOCKET=$work/second.sock HASH_SOCKET=$work/second-hash.sock OUTBOUND_SOCKET=$work/second-outbound.sock "$@"
    exec "$BUILD/tenantd"
  ) >"$work/second.log" 2>&1 &
  second=$!
  started+=("$second")
}

end_second() {
  kill -TERM "$second"
  wait "$second"
}

# Milliseconds from the start of the process to the first 200 of /health/ready; the median of five.
measure_ready() {
  local from times=()
  while [ ${#times[@]} -lt 5 ]; do
    from=$EPOCHREALTIME
    begin_second
    until answers_fast /bench-ready; do kill -0 "$second" 2>/dev/null || fail "tenantd ended; see $work/second.log."; done
    times+=("$(awk -v a="$from" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.0f", (b - a) * 1000 }')")
    end_second
  done
  ready_ms=$(printf '%s\n' "${times[@]}" | sort -n | sed -n 3p)
}

sign_in() {
  get -f "$url/signin" -H "$json" -d "{\"email\":\"$1\",\"password\":\"correct horse battery\"}" |
    sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p'
}

json='Content-Type: application/json'

prepare() {
  local from=$EPOCHREALTIME now
  get -f -o /dev/null "$url/signup" -H "$json" \
    -d '{"email":"owner@example.com","password":"correct horse battery","organization_name":"Bench"}' || fail "signing up failed."
  sql <"$here/seed.sql" >"$work/seed.log" 2>&1 || fail "seeding failed: $(tail -n 1 "$work/seed.log")"
  case " ${chosen[*]} " in
    *' search '* | *' project-stats '*)
      sql <"$here/documents.sql" >"$work/documents.log" 2>&1 || fail "seeding failed: $(tail -n 1 "$work/documents.log")"
      ;;
  esac
  owner_token=$(sign_in owner@example.com)
  counter_token=$(sign_in counter@example.com)
  if [ -z "$owner_token" ] || [ -z "$counter_token" ]; then fail "signing in failed."; fi
  now=$(sql -e 'SELECT COUNT(*) FROM tenantd.member')
  awk -v a="$from" -v b="$EPOCHREALTIME" -v n="$now" 'BEGIN { printf "seeded %d memberships in %.1f s\n", n, b - a }'
}

# The owners of 40 organizations more for `mixed`, and the first hundred products in each; a line is an access token.
sign_up_tenants() {
  local i
  case " ${chosen[*]} " in *' mixed '*) ;; *) return ;; esac
  echo "$owner_token" >"$work/tenants"
  for ((i = 1; i <= 40; ++i)); do
    get -f -o /dev/null "$url/signup" -H "$json" \
      -d "{\"email\":\"tenant$i@example.com\",\"password\":\"correct horse battery\",\"organization_name\":\"Tenant $i\"}"
    printf '%s\n' "$(sign_in "tenant$i@example.com")" >>"$work/tenants"
  done
  [ "$(grep -c . "$work/tenants")" = 41 ] || fail "signing up failed."
  sql <"$here/tenants.sql" >"$work/tenants.log" 2>&1 || fail "seeding failed: $(tail -n 1 "$work/tenants.log")"
}

# Sessions for `refresh`: each run takes new ones, because the last replies of a run are lost with its connections.
collect_sessions() {
  local needed=$(((connections + 2 * threads) * (rounds + 1)))
  case " ${chosen[*]} " in *' refresh '*) ;; *) return ;; esac
  headers=("$json")
  : >"$work/tokens"
  while [ "$(wc -l <"$work/tokens")" -lt $needed ]; do
    load 3 /signin sign-in 199 "$work/collected"
    [ "$bad" = 0 ] || fail "signing in failed while sessions were prepared."
    cat "$work"/collected.* >"$work/tokens"
  done
}

take_sessions() {
  local count=$((connections + 2 * threads))
  head -n $count "$work/tokens" >"$work/tokens.run"
  sed -i "1,${count}d" "$work/tokens"
}
