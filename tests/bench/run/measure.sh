# shellcheck shell=bash
# Of run.sh: the cases, and one round of one.

# load SECONDS PATH KIND [ARGUMENT...], with `headers`: sets requests, wall (µs), p50, p99 (µs), bad.
headers=()
load() {
  local length=$1 path=$2 header options=() statuses others said
  shift 2
  for header in "${headers[@]}"; do options+=(-H "$header"); done
  said=$(wrk -t $threads -c "$connections" -d "${length}s" --timeout 20s "${options[@]}" -s "$here/load.lua" "$url$path" -- "$@" 2>&1)
  read -r _ requests wall p50 p99 statuses others < <(grep '^result ' <<<"$said") || fail "wrk said: $said"
  bad=$((statuses + others))
}

# Waits until nothing is left to do: a run's last requests are answered although wrk has gone.
settle() {
  local before now quiet=0 deadline=$((SECONDS + 20))
  now=$(($(cpu_of "$server") + $(cpu_of "$mariadb")))
  while [ $quiet -lt 2 ] && [ $SECONDS -lt $deadline ]; do
    sleep 0.05
    before=$now
    now=$(($(cpu_of "$server") + $(cpu_of "$mariadb")))
    if [ $((now - before)) -le 10000 ]; then quiet=$((quiet + 1)); else quiet=0; fi
  done
}

# Requests that the server has answered, whether or not anybody waited for them.
served() {
  local path=/metrics
  [ "$server" = "$tenantd" ] || path=/bench-metrics
  get -f "$url$path" | awk '/^tenantd_http_requests_total/ { sum += $2 } END { printf "%d", sum }'
}

# METHOD PATH TOKEN BODY. An odd number of lines: threads that take every second one send all of them too. Each sign-in is
# another account's, since a few at once of one account would lock it.
write_mixture() {
  local i t tokens product=0191d6a8-7c1e-7a52-8007- warehouse=0191d6a8-7c1e-7a52-8006-000000000001
  path=/users/me
  mapfile -t tokens <"$work/tenants"
  for ((i = 0; i < 41 * 99; ++i)); do
    if [ $((i % 41)) = 40 ]; then
      printf 'POST\t/signin\t-\t{"email":"reader%d@example.com","password":"correct horse battery"}\n' $((i / 41 + 1))
      continue
    fi
    t=${tokens[i % ${#tokens[@]}]}
    case $((i % 12)) in
      0) printf 'POST\t/api/v1/stock-movements\t%s\t{"product_id":"%s%012x","warehouse_id":"%s","type":"in","quantity":1}\n' \
        "$t" $product $((i % 100 + 1)) $warehouse ;;
      1 | 2) printf 'GET\t/api/v1/products?limit=20\t%s\t-\n' "$t" ;;
      3 | 4) printf 'GET\t/organization/list_users?limit=20\t%s\t-\n' "$t" ;;
      5) printf 'GET\t/api/v1/projects/stats\t%s\t-\n' "$t" ;;
      *) printf 'GET\t/users/me\t%s\t-\n' "$t" ;;
    esac
  done >"$work/mixture"
}

# What each case sends. Sets path, kind, headers, and the process that answers.
describe() {
  local from to now
  server=$tenantd headers=() kind=(plain)
  now=$(date +%s)
  # The ends lie in the middle of a block of counts, as nearly all ends do.
  from=$((now - 400 * 86400)) to=$((now - 100 * 86400))
  case $1 in
    me) path=/users/me headers=("Authorization: Bearer $owner_token") ;;
    me-uncached) path=/bench-me server=$second headers=("Authorization: Bearer $owner_token") ;;
    list) path='/organization/list_users?limit=20' headers=("Authorization: Bearer $owner_token") ;;
    refresh)
      path=/refresh_token headers=("$json")
      take_sessions
      kind=(refresh "$work/tokens.run" "$threads")
      ;;
    sign-in) path=/signin headers=("$json") kind=(sign-in 199) ;;
    invite)
      path=/invite_member headers=("$json" "Authorization: Bearer $owner_token")
      invite_runs=$((${invite_runs:-0} + 1))
      kind=(invite "guest$invite_runs-")
      ;;
    products) path='/api/v1/products?limit=20' headers=("Authorization: Bearer $owner_token") ;;
    movement)
      path=/api/v1/stock-movements headers=("$json" "Authorization: Bearer $owner_token")
      kind=(movement 1000)
      ;;
    users) path=/stats/organization-users headers=("Authorization: Bearer $counter_token") ;;
    users-between) path="/stats/organization-users?from_time=$from&to_time=$to" headers=("Authorization: Bearer $counter_token") ;;
    role-users) path=/stats/organization-role-users headers=("Authorization: Bearer $counter_token") ;;
    search)
      path=/api/v1/projects/search headers=("$json" "Authorization: Bearer $owner_token")
      kind=(post '{"query":"floor plan","limit":20}')
      ;;
    project-stats) path=/api/v1/projects/stats headers=("Authorization: Bearer $owner_token") ;;
    introspect)
      prepare_oauth
      path=/oauth2/introspect headers=("Content-Type: application/x-www-form-urlencoded" "$(as_client "$client" "$client_secret")")
      kind=(post "token=$owner_token")
      ;;
    userinfo) path=/oauth2/userinfo headers=("Authorization: Bearer $owner_token") ;;
    mixed)
      write_mixture
      kind=(mixed "$work/mixture")
      ;;
    role-users-between)
      path="/stats/organization-role-users?from_time=$from&to_time=$to" headers=("Authorization: Bearer $counter_token")
      ;;
  esac
}

# Statements that clients sent, and those of them that were prepared.
statements() {
  sql -e "SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_stmt_execute', 'Questions')" | cut -f 2 | tr '\n' ' '
}

per() { awk -v a="$1" -v n="$2" 'BEGIN { printf "%.2f", a / n }'; }

# One round: the yardstick, then the case. A line of results: case rate yardstick p50 p99 nginx tenantd database bad
# executes questions hash; microseconds and counts per request.
measure() {
  local name=$1 yardstick hash_us=0 before after nginx_us app_us db_us executes questions e q
  if [ "$name" = sign-in ]; then
    # shellcheck disable=SC1091  # the costs are the instance's
    read -r yardstick hash_us < <(. "$RUN_DIR/environment"; "$BUILD/bench/hash" "$HASH_WORKERS" "$seconds")
    [ -n "$yardstick" ] || fail "the raw hash failed."
  else
    headers=()
    load "$((seconds < 10 ? seconds : 10))" /bench-hello plain  # how long the case takes adds nothing to it
    [ $bad = 0 ] || fail "hello refused $bad requests."
    yardstick=$(per $((requests * 1000)) $((wall / 1000)))
    note_hello
  fi
  describe "$name"
  before=$(served)
  read -r executes questions < <(statements)
  nginx_us=$(cpu_of "$nginx") app_us=$(cpu_of "$server") db_us=$(cpu_of "$mariadb")
  load "$seconds" "$path" "${kind[@]}"
  settle
  nginx_us=$(($(cpu_of "$nginx") - nginx_us)) app_us=$(($(cpu_of "$server") - app_us)) db_us=$(($(cpu_of "$mariadb") - db_us))
  # The question itself is one, in a connection that asks another first; so is the look at the metrics.
  read -r e q < <(statements)
  after=$(($(served) - before - 1))
  printf '%s %s %s %s %s %s %s %s %s %s %s %s\n' "$name" "$(per $((requests * 1000)) $((wall / 1000)))" "$yardstick" "$p50" "$p99" \
    "$(per $nginx_us "$requests")" "$(per $app_us "$after")" "$(per $db_us "$after")" "$bad" \
    "$(per $((e - executes)) "$after")" "$(per $((q - questions - 2)) "$after")" "$hash_us" >>"$work/results"
}

# The CPU time of hello, over all its runs.
hello_requests=0
note_hello() { hello_requests=$((hello_requests + requests)); }

one_case() {
  local name=$1 round connections=$connections second_runs=0
  if [ "$name" = me-uncached ]; then
    begin_second SESSION_CACHE_SECONDS=0
    await tenantd answers /bench-ready
    second_runs=1
  fi
  # Not counted: connections, prepared statements and caches come into being. A case so slow that a connection is left
  # without an answer is measured with two of them.
  describe "$name"
  load 1 "$path" "${kind[@]}"
  if [ "$requests" -lt "$connections" ] && [ "$name" != sign-in ]; then
    settle
    connections=$threads few+=" $name"
    load 3 "$path" "${kind[@]}"
  fi
  settle
  if [ "$bad" != 0 ]; then
    get -i "${headers[@]/#/-H}" "$url$path" 2>/dev/null | head -c 600 >&2
    fail "$name: $bad of $requests requests were refused."
  fi
  [ "$requests" -gt 0 ] || fail "$name: no request was answered within 3 s."
  for ((round = 1; round <= rounds; ++round)); do
    printf '\r%-20s round %d of %d ' "$name" $round "$rounds" >&2
    measure "$name"
  done
  printf '\r%-40s\r' '' >&2
  if [ $second_runs = 1 ]; then end_second; fi
}

# What the courier and the database spend on a mail, now that nothing else happens.
measure_mails() {
  local sent courier_us db_us
  mails=
  [ "$(sql -e 'SELECT COUNT(*) FROM tenantd.outbox WHERE status = 0')" -gt 100 ] || return
  kill -CONT "$courier"
  sleep 0.5
  sent=$(sql -e 'SELECT COUNT(*) FROM tenantd.outbox WHERE status = 1')
  courier_us=$(cpu_of "$courier") db_us=$(cpu_of "$mariadb")
  sleep 2
  courier_us=$(($(cpu_of "$courier") - courier_us)) db_us=$(($(cpu_of "$mariadb") - db_us))
  sent=$(($(sql -e 'SELECT COUNT(*) FROM tenantd.outbox WHERE status = 1') - sent))
  [ $sent -gt 0 ] || fail "the courier sent nothing."
  mails=$(printf 'A mail costs the courier %.0f µs and the database %.0f µs (files; %d a second).' \
    "$(per $courier_us $sent)" "$(per $db_us $sent)" $((sent / 2)))
}
