// The token endpoint and what belongs to it: introspection, revocation, userinfo.
#include "identity/oauth/claims.hpp"
#include "identity/oauth/client_authentication.hpp"
#include "identity/oauth/tokens.hpp"

#include "tenantd/api/rows.hpp"
#include "tenantd/domain/way_in.hpp"

namespace tenantd::api::handlers {
namespace {

std::string required_parameter(const Request& request, std::string_view name) {
  auto value = maybe_text(request.body, name);
  if (!value) throw ApiError(ErrorCode::invalid_request, std::string{name} + " is missing");
  return *std::move(value);
}

Response tokens_reply(const service::ClientTokens& tokens) {
  JsonOut json;
  json.begin_object()
      .field("access_token", tokens.access_token)
      .field("token_type", "Bearer")
      .field("expires_in", tokens.expires_in)
      .field("scope", format_scopes(tokens.scopes));
  if (tokens.refresh_token) json.field("refresh_token", *tokens.refresh_token);
  if (tokens.id_token) json.field("id_token", *tokens.id_token);
  json.end_object();
  return token_response(json);
}

Response give_tokens(const Request& request, Txn& txn) {
  const auto client = service::authenticate_client(txn, request.context, request.http, request.body);
  const auto grant = required_parameter(request, "grant_type");
  const auto scope = maybe_text(request.body, "scope");
  const auto resource = maybe_text(request.body, "resource");
  if (grant == "authorization_code")
    return tokens_reply(service::exchange_code(
        txn, request.context, client, required_parameter(request, "code"),
        required_parameter(request, "redirect_uri"), required_parameter(request, "code_verifier"), resource));
  if (grant == "refresh_token")
    return tokens_reply(service::refresh_for_client(
        txn, request.context, client, required_parameter(request, "refresh_token"), scope, resource));
  if (grant == "client_credentials")
    return tokens_reply(service::tokens_for_itself(txn, request.context, client, scope, resource));
  if (grant == "urn:ietf:params:oauth:grant-type:device_code")
    return tokens_reply(service::exchange_device_code(txn, request.context, client,
                                                      required_parameter(request, "device_code"), resource));
  throw ApiError(ErrorCode::unsupported_grant_type);
}

Response introspect_token(const Request& request, Txn& txn) {
  const auto client = service::authenticate_client(txn, request.context, request.http, request.body);
  if (!client.client.is_confidential())
    throw ApiError(ErrorCode::unauthorized_client, "Only a client that authenticates may ask this");
  const auto told = service::introspect(txn, request.context, client, required_parameter(request, "token"));
  JsonOut json;
  json.raw(told.text());
  return token_response(json);
}

Response revoke_token(const Request& request, Txn& txn) {
  const auto client = service::authenticate_client(txn, request.context, request.http, request.body);
  service::revoke_token(txn, request.context, client, required_parameter(request, "token"));
  JsonOut json;
  json.begin_object().field("status", "ok").end_object();
  return reply(json);
}

Response userinfo(const Request& request, const Session& session, Txn&) {
  const auto& p = session.principal();
  const auto scopes = p.client ? p.client->scopes : every_scope();
  if (!scopes.has(IdentityScope::openid) || p.api_key)
    throw ApiError(ErrorCode::insufficient_scope)
        .header("WWW-Authenticate", "Bearer error=\"insufficient_scope\", scope=\"openid\"");
  json::Object claims;
  claims.set("sub", p.user.id);
  // Where the organization does not let the session in, it is told as nobody's member.
  const bool is_in = p.organization && !fault_of_way_in(p);
  service::add_claims(claims, scopes, p.user, is_in ? &*p.organization : nullptr, is_in ? &p.role : nullptr,
                      request.context.now);
  JsonOut json;
  json.raw(claims.text());
  return reply(json);
}

constexpr auto kOauthTokensRows =
    section("OAuth and OpenID Connect",
            {
                {.method = POST,
                 .path = "/oauth2/token",
                 .handler = give_tokens,
                 .rate = Rate::write,
                 .body = "oauth_token_request",
                 .also = AlsoTakes::oauth,
                 .reply = ok("oauth_tokens"),
                 .refuses = {invalid_request, invalid_client, invalid_grant, invalid_scope,
                             unauthorized_client, unsupported_grant_type},
                 .name = "getOauthTokens",
                 .summary = "Tokens for a code, a refresh token, or a client's own rights"},
                {.method = POST,
                 .path = "/oauth2/introspect",
                 .handler = introspect_token,
                 .rate = Rate::read,
                 .body = "oauth_token_question",
                 .also = AlsoTakes::oauth,
                 .reply = ok("oauth_introspection"),
                 .refuses = {invalid_request, invalid_client, unauthorized_client},
                 .name = "introspectToken",
                 .summary = "What a token is worth at this moment (RFC 7662)"},
                {.method = POST,
                 .path = "/oauth2/revoke",
                 .handler = revoke_token,
                 .rate = Rate::write,
                 .body = "oauth_token_question",
                 .also = AlsoTakes::oauth,
                 .reply = ok("status"),
                 .refuses = {invalid_request, invalid_client},
                 .name = "revokeToken",
                 .summary = "End what a token stands for (RFC 7009)"},
                {.method = GET,
                 .path = "/oauth2/userinfo",
                 .handler = userinfo,
                 .rate = Rate::read,
                 .also = AlsoTakes::oauth,
                 .reply = ok("userinfo"),
                 .refuses = nothing,
                 .name = "getUserinfo",
                 .summary = "Who the token is about (OpenID Connect Core section 5.3)"},
                {.method = POST,
                 .path = "/oauth2/userinfo",
                 .handler = userinfo,
                 .rate = Rate::read,
                 .also = AlsoTakes::oauth,
                 .reply = ok("userinfo"),
                 .refuses = nothing,
                 .name = "postUserinfo",
                 .summary = "The same"},
            });

}  // namespace

std::span<const Route> oauth_tokens_rows() { return kOauthTokensRows; }

}  // namespace tenantd::api::handlers
