# shellcheck shell=bash
# Of run.sh: the cases `introspect`, `userinfo` and `code-flow`: what OAuth costs.

# A client of the service's own, which may ask about every access token for the API. Sets client, client_secret.
prepare_oauth() {
  [ -z "${client:-}" ] || return 0
  client_secret=tcs_bench client=0191d6a8-7c1e-7a52-8011-000000000001
  sql -e "INSERT INTO tenantd.oauth_client (org_id, id, name, redirect_uris, post_logout_redirect_uris, token_endpoint_auth_method,
    id_token_signed_response_alg, scopes, client_credentials, secret, created_at, updated_at) VALUES (REPEAT(CHAR(0), 16),
    UNHEX(REPLACE('$client', '-', '')), 'Bench', 'https://client.example.com/callback', '', 1, 0, 'openid,email', 0,
    UNHEX(SHA2('$client_secret', 256)), 1, 1)" || fail "the client was not made."
}

as_client() { printf 'Authorization: Basic %s' "$(printf '%s:%s' "$1" "$2" | base64 -w 0)"; }

# Whole flows, one after the other: their CPU time, and how many a core could do.
code_flow_case() {
  local accounts=40 said flows wall nginx_us app_us db_us flow_in flow_out
  prepare_oauth
  coproc FLOW { python3 "$here/code_flow.py" "$url" "$client" "$client_secret" $accounts 25; }
  flow_in=${FLOW[1]} flow_out=${FLOW[0]}
  read -r said <&"$flow_out" || fail "a flow was refused."
  [ "$said" = ready ] || fail "a flow was refused: $said"
  nginx_us=$(cpu_of "$nginx") app_us=$(cpu_of "$tenantd") db_us=$(cpu_of "$mariadb")
  echo >&"$flow_in"
  read -r flows wall <&"$flow_out" || fail "a flow was refused."
  nginx_us=$(($(cpu_of "$nginx") - nginx_us)) app_us=$(($(cpu_of "$tenantd") - app_us)) db_us=$(($(cpu_of "$mariadb") - db_us))
  printf 'A code flow (request, word, tokens; RS256) costs %.2f ms of CPU: nginx %.2f, tenantd %.2f, database %.2f; %d of them, %.1f ms each.\n\n' \
    "$(per $(((nginx_us + app_us + db_us) / 1000)) "$flows")" "$(per $((nginx_us / 1000)) "$flows")" \
    "$(per $((app_us / 1000)) "$flows")" "$(per $((db_us / 1000)) "$flows")" "$flows" "$(per $((wall / 1000)) "$flows")"
}
