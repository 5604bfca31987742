#include "identity/oauth/registration.hpp"

#include <algorithm>

#include "identity/oauth/oauth_refusal.hpp"
#include "identity/oauth/redirect_uri.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/jose.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/net/outbound.hpp"

namespace tenantd::service {
namespace {

using store::OauthClient;

constexpr std::size_t kMostUris = 10, kMostUri = 500;
constexpr std::string_view kUsualScopes = "openid profile email offline_access";

[[noreturn]] void refuse_metadata(const std::string& why) {
  throw oauth_refusal(ErrorCode::invalid_request, "invalid_client_metadata", why);
}

[[noreturn]] void refuse_uri(const std::string& why) {
  throw oauth_refusal(ErrorCode::invalid_request, "invalid_redirect_uri", why);
}

void judge_uri(const std::string& uri) {
  if (uri.empty() || uri.size() > kMostUri) refuse_uri("An address has 1 to 500 characters");
  if (const auto fault = fault_of_redirect_uri(uri, 1); !fault.empty())
    refuse_uri("An address " + std::string{fault});
}

// With commas between, as they are stored; no address has one.
std::string uris_in(const json::Value& metadata, const char* member) {
  const auto* listed = json::find(metadata, member);
  if (listed == nullptr) return {};
  if (!listed->IsArray() || listed->Size() > kMostUris) refuse_uri("A client has 10 addresses at most");
  std::string uris;
  for (const auto& each : listed->GetArray()) {
    if (!each.IsString()) refuse_uri("An address is a text");
    const std::string uri{json::view(each)};
    judge_uri(uri);
    uris += (uris.empty() ? "" : ",") + uri;
  }
  return uris;
}

template <class Choice, std::size_t N>
void choose(Choice& choice, const json::Value& metadata, const char* member,
            const std::array<std::string_view, N>& names) {
  const auto name = json::maybe_text(metadata, member);
  if (!name) return;
  const auto found = std::ranges::find(names, *name);
  if (found == names.end()) refuse_metadata(std::string{member} + " is none that there is");
  choice = static_cast<Choice>(found - names.begin());
}

// What is listed there must be among what this service gives.
void judge_among(const json::Value& metadata, const char* member,
                 std::initializer_list<std::string_view> known) {
  const auto* listed = json::find(metadata, member);
  if (listed == nullptr) return;
  if (!listed->IsArray()) refuse_metadata(std::string{member} + " is a list");
  for (const auto& each : listed->GetArray())
    if (!each.IsString() || std::ranges::find(known, json::view(each)) == known.end())
      refuse_metadata(std::string{member} + " names what there is not");
}

void read_keys(OauthClient& client, const json::Value& metadata) {
  const auto* jwks = json::find(metadata, "jwks");
  const bool by_key = client.auth == store::ClientAuth::private_key_jwt;
  if (by_key != (jwks != nullptr)) refuse_metadata("jwks goes with private_key_jwt, and with it alone");
  if (!by_key) return;
  client.jwks = json::compact(*jwks);
  const auto keys = client.jwks->size() <= 8000 ? crypto::ForeignKeys::parse(*client.jwks) : std::nullopt;
  const bool plain = std::ranges::all_of(*client.jwks, [](unsigned char c) { return c < 0x80; });
  if (!plain || !keys || keys->empty()) refuse_metadata("jwks holds no RSA or P-256 key with a kid");
}

OauthClient read_metadata(const Context& context, const json::Value& metadata) {
  OauthClient client;
  client.name = json::maybe_text(metadata, "client_name").value_or("Unnamed");
  client.redirect_uris = uris_in(metadata, "redirect_uris");
  client.post_logout_redirect_uris = uris_in(metadata, "post_logout_redirect_uris");
  if (client.redirect_uris.empty()) refuse_uri("redirect_uris names no address");
  choose(client.auth, metadata, "token_endpoint_auth_method", store::kClientAuthNames);
  choose(client.alg, metadata, "id_token_signed_response_alg", store::kIdTokenAlgNames);
  judge_among(metadata, "grant_types",
              {"authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"});
  judge_among(metadata, "response_types", {"code"});
  read_keys(client, metadata);
  const auto scopes = parse_scopes(json::maybe_text(metadata, "scope").value_or(std::string{kUsualScopes}));
  if (!scopes || scopes->empty()) refuse_metadata("scope names what there is not");
  client.scopes = format_scopes(*scopes);
  std::ranges::replace(client.scopes, ' ', ',');
  client.backchannel_logout_uri = json::maybe_text(metadata, "backchannel_logout_uri");
  if (const auto& uri = client.backchannel_logout_uri) {
    judge_uri(*uri);
    if (net::refuse_url(net::outbound_policy(context.settings), *uri))
      refuse_metadata("backchannel_logout_uri must not be called");
  }
  return client;
}

void use_initial_token(db::Txn& txn, const Context& context, const std::string& authorization) {
  constexpr std::string_view kBearer = "Bearer ";
  const bool shown = authorization.starts_with(kBearer);
  const auto hash = crypto::sha256(shown ? authorization.substr(kBearer.size()) : std::string{});
  const bool good = shown && txn.settle([&](db::Txn& own) {
    return store::use_registration_token(own, hash, context.now);
  });
  if (!good)
    throw ApiError(ErrorCode::invalid_token, "The initial access token is missing, used up or too old")
        .header("WWW-Authenticate", "Bearer error=\"invalid_token\"");
}

json::Object values_of(const store::RegistrationToken& token) {
  json::Object values;
  values.set("name", token.name).set("uses_left", token.uses_left).set("expires_at", token.expires_at);
  return values;
}

}  // namespace

MadeRegistrationToken make_registration_token(db::Txn& txn, const Context& context, const SuperAdmin& admin,
                                              store::RegistrationToken token) {
  if (static_cast<std::int64_t>(store::list_registration_tokens(txn, context.now).size()) >=
      kMostRegistrationTokens)
    throw ApiError(ErrorCode::limit_reached, "There are so many tokens already: end one first");
  token.id = crypto::new_id<store::RegistrationTokenId>();
  token.created_by = admin.user();
  token.created_at = context.now;
  MadeRegistrationToken made{std::move(token), Secret{"tcr_" + crypto::new_token().reveal()}};
  store::insert_registration_token(txn, made.record, crypto::sha256(made.token.reveal()));
  record_for_system(txn, context,
                    {"oauth_registration_token.created",
                     "oauth_registration_token",
                     made.record.id.bytes(),
                     {},
                     values_of(made.record)});
  return made;
}

void end_registration_token(db::Txn& txn, const Context& context, store::RegistrationTokenId id) {
  const auto token = store::find_registration_token(txn, id);
  if (!token) throw ApiError(ErrorCode::not_found);
  store::delete_registration_token(txn, id);
  record_for_system(
      txn, context,
      {"oauth_registration_token.deleted", "oauth_registration_token", id.bytes(), values_of(*token)});
}

MadeClient register_by_token(db::Txn& txn, const Context& context, const std::string& authorization,
                             const json::Value& metadata) {
  use_initial_token(txn, context, authorization);
  auto client = read_metadata(context, metadata);
  client.id = crypto::new_id<ClientId>();
  client.origin = store::ClientOrigin::itself;
  client.created_at = client.updated_at = context.now;
  MadeClient made;
  if (client.has_secret()) {
    made.secret = Secret{"tcs_" + crypto::new_token().reveal()};
    client.secret = crypto::sha256(made.secret->reveal());
  }
  store::insert_registered_client(txn, client);
  record_for_system(txn, context,
                    {"oauth_client.registered",
                     "oauth_client",
                     client.id.bytes(),
                     {},
                     store::oauth_client_table.audit_values(client)});
  made.client = std::move(client);
  return made;
}

}  // namespace tenantd::service
