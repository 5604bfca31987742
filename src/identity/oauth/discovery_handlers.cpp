// What libraries read first: the metadata of OpenID Connect Discovery and of RFC 8414, which are one
// document.
#include "identity/oauth/clients_store.hpp"

#include "tenantd/api/rows.hpp"

namespace tenantd::api::handlers {
namespace {

using Words = std::vector<std::string_view>;

void put_endpoints(JsonOut& json, const std::string& issuer) {
  json.field("issuer", issuer)
      .field("authorization_endpoint", issuer + "/oauth2/authorize")
      .field("token_endpoint", issuer + "/oauth2/token")
      .field("userinfo_endpoint", issuer + "/oauth2/userinfo")
      .field("introspection_endpoint", issuer + "/oauth2/introspect")
      .field("revocation_endpoint", issuer + "/oauth2/revoke")
      .field("device_authorization_endpoint", issuer + "/oauth2/device_authorization")
      .field("registration_endpoint", issuer + "/oauth2/register")
      .field("end_session_endpoint", issuer + "/oauth2/logout")
      .field("jwks_uri", issuer + "/.well-known/jwks.json");
}

void put_abilities(JsonOut& json) {
  const Words ways(store::kClientAuthNames.begin(), store::kClientAuthNames.end());
  const Words confidential(store::kClientAuthNames.begin() + 1, store::kClientAuthNames.end());
  json.field("scopes_supported", scope_names(every_scope()))
      .field("response_types_supported", Words{"code"})
      .field("response_modes_supported", Words{"query"})
      .field("grant_types_supported", Words{"authorization_code", "refresh_token", "client_credentials",
                                            "urn:ietf:params:oauth:grant-type:device_code"})
      .field("subject_types_supported", Words{"public"})
      .field("id_token_signing_alg_values_supported", Words{"RS256", "EdDSA"})
      .field("token_endpoint_auth_methods_supported", ways)
      .field("token_endpoint_auth_signing_alg_values_supported", Words{"RS256", "ES256"})
      .field("introspection_endpoint_auth_methods_supported", confidential)
      .field("introspection_endpoint_auth_signing_alg_values_supported", Words{"RS256", "ES256"})
      .field("revocation_endpoint_auth_methods_supported", ways)
      .field("revocation_endpoint_auth_signing_alg_values_supported", Words{"RS256", "ES256"})
      .field("code_challenge_methods_supported", Words{"S256"})
      .field("claims_supported", Words{"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr",
                                       "azp", "sid", "at_hash", "name", "given_name", "family_name",
                                       "updated_at", "email", "email_verified", "org"})
      .field("acr_values_supported", Words{"aal1", "aal2"})
      .field("prompt_values_supported", Words{"none", "login", "consent", "select_account", "create"})
      .field("authorization_response_iss_parameter_supported", true)
      .field("backchannel_logout_supported", true)
      .field("backchannel_logout_session_supported", true)
      .field("claims_parameter_supported", false)
      .field("request_parameter_supported", false)
      .field("request_uri_parameter_supported", false);
}

Response oauth_metadata(const Request& request, Txn&) {
  JsonOut json;
  json.begin_object();
  put_endpoints(json, request.context.settings.public_url);
  put_abilities(json);
  json.end_object();
  auto response = reply(json);
  response.header("Cache-Control", "public, max-age=300");
  return response;
}

// RFC 9728 section 2: what the API is, for clients that were refused there.
Response resource_metadata(const Request& request, Txn&) {
  const auto& issuer = request.context.settings.public_url;
  JsonOut json;
  json.begin_object()
      .field("resource", issuer)
      .field("authorization_servers", std::vector<std::string>{issuer})
      .field("scopes_supported", scope_names(every_scope()))
      .field("bearer_methods_supported", Words{"header"})
      .field("resource_documentation", issuer + "/guide/")
      .end_object();
  auto response = reply(json);
  response.header("Cache-Control", "public, max-age=300");
  return response;
}

constexpr auto kOauthDiscoveryRows =
    section("OAuth and OpenID Connect", {
                                            {.method = GET,
                                             .path = "/.well-known/openid-configuration",
                                             .also_at = {"/.well-known/oauth-authorization-server"},
                                             .handler = oauth_metadata,
                                             .rate = Rate::read,
                                             .also = AlsoTakes::oauth,
                                             .reply = ok("oauth_metadata"),
                                             .refuses = nothing,
                                             .summary = "What an OpenID Connect library reads first"},
                                            {.method = GET,
                                             .path = "/.well-known/oauth-protected-resource",
                                             .handler = resource_metadata,
                                             .rate = Rate::read,
                                             .also = AlsoTakes::oauth,
                                             .reply = ok("resource_metadata"),
                                             .refuses = nothing,
                                             .summary = "Who gives tokens for this API (RFC 9728)"},
                                        });

}  // namespace

std::span<const Route> oauth_discovery_rows() { return kOauthDiscoveryRows; }

}  // namespace tenantd::api::handlers
