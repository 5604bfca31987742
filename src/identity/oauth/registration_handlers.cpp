// Dynamic client registration, and the tokens that open it.
#include "identity/oauth/registration.hpp"

#include <algorithm>

#include "tenantd/api/collection.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::api::handlers {
namespace {

std::vector<std::string_view> uris_of(const std::string& listed) {
  auto uris = split(listed, ',');
  std::erase(uris, std::string_view{});
  return uris;
}

Response register_client(const Request& request, Txn& txn) {
  const auto made =
      service::register_by_token(txn, request.context, request.http.authorization, request.body);
  const auto& client = made.client;
  auto scope = client.scopes;
  std::ranges::replace(scope, ',', ' ');
  JsonOut json;
  json.begin_object()
      .field("client_id", client.id)
      .field("client_id_issued_at", client.created_at)
      .field("client_name", client.name)
      .field("redirect_uris", uris_of(client.redirect_uris))
      .field("post_logout_redirect_uris", uris_of(client.post_logout_redirect_uris))
      .field("token_endpoint_auth_method", store::kClientAuthNames.at(static_cast<std::size_t>(client.auth)))
      .field("id_token_signed_response_alg", store::kIdTokenAlgNames.at(static_cast<std::size_t>(client.alg)))
      .field("grant_types", std::vector<std::string_view>{"authorization_code", "refresh_token",
                                                          "urn:ietf:params:oauth:grant-type:device_code"})
      .field("response_types", std::vector<std::string_view>{"code"})
      .field("scope", scope);
  if (client.jwks) json.key("jwks").raw(*client.jwks);
  if (client.backchannel_logout_uri) json.field("backchannel_logout_uri", *client.backchannel_logout_uri);
  if (made.secret) json.field("client_secret", made.secret->reveal()).field("client_secret_expires_at", 0);
  json.end_object();
  // There is no path at which it could look after itself (RFC 7592): super-admins do, here.
  return created(json, "/api/v1/admin/oauth/clients/" + client.id.str());
}

void put_registration_token(JsonOut& json, const store::RegistrationToken& token) {
  json.field("id", token.id)
      .field("name", token.name)
      .field("uses_left", token.uses_left)
      .field("created_by", token.created_by)
      .field("created_at", token.created_at)
      .field("expires_at", token.expires_at);
}

Response list_registration_tokens(const Request& request, const SuperAdmin&, Txn& txn) {
  JsonOut json;
  json.begin_object().key("items").begin_array();
  for (const auto& token : store::list_registration_tokens(txn, request.context.now)) {
    json.begin_object();
    put_registration_token(json, token);
    json.end_object();
  }
  json.end_array().end_object();
  return reply(json);
}

Response make_registration_token(const Request& request, const SuperAdmin& admin, Txn& txn) {
  store::RegistrationToken token;
  token.name = text(request.body, "name");
  token.uses_left = maybe_integer(request.body, "uses").value_or(1);
  token.expires_at =
      request.context.now + Seconds{maybe_integer(request.body, "lifetime_seconds").value_or(86400)};
  const auto made = service::make_registration_token(txn, request.context, admin, std::move(token));
  JsonOut json;
  json.begin_object();
  put_registration_token(json, made.record);
  json.field("token", made.token.reveal()).end_object();
  return created(json, "/api/v1/admin/oauth/registration-tokens/" + made.record.id.str());
}

Response end_registration_token(const Request& request, const SuperAdmin&, Txn& txn) {
  service::end_registration_token(txn, request.context,
                                  path_id<store::RegistrationTokenId>(request, "token_id"));
  return no_content();
}

constexpr auto kOauthRegistrationRows =
    section("OAuth clients",
            {
                {.method = POST,
                 .path = "/oauth2/register",
                 .handler = register_client,
                 .rate = Rate::write,
                 .body = "client_metadata",
                 .also = AlsoTakes::oauth,
                 .reply = made("registered_client"),
                 .refuses = {invalid_token, invalid_request},
                 .name = "registerOauthClient",
                 .summary = "A program registers itself as a client, by an initial access token (RFC 7591)"},
                {.method = GET,
                 .path = "/api/v1/admin/oauth/registration-tokens",
                 .handler = list_registration_tokens,
                 .rate = Rate::read,
                 .reply = ok("registration_tokens"),
                 .refuses = nothing,
                 .summary = "Initial access tokens that are still good"},
                {.method = POST,
                 .path = "/api/v1/admin/oauth/registration-tokens",
                 .handler = make_registration_token,
                 .step_up = true,
                 .rate = Rate::write,
                 .body = "registration_token",
                 .reply = made("new_registration_token"),
                 .refuses = {limit_reached},
                 .summary = "Let programs register themselves: an initial access token, shown once"},
                {.method = DELETE_,
                 .path = "/api/v1/admin/oauth/registration-tokens/{token_id}",
                 .handler = end_registration_token,
                 .step_up = true,
                 .rate = Rate::write,
                 .reply = done(),
                 .refuses = {not_found},
                 .summary = "End an initial access token; clients that it has let in stay"},
            });

}  // namespace

std::span<const Route> oauth_registration_rows() { return kOauthRegistrationRows; }

}  // namespace tenantd::api::handlers
