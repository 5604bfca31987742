#include "tenantd/crypto/jwt.hpp"

#include "signing_key.hpp"
#include "tenantd/base/json.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::crypto {
namespace {

using Json = json::Value;
using json::maybe_text;

constexpr std::size_t kMaxTokenBytes = 4096;
constexpr std::size_t kHeaderMembers = 3;

// Returns the object that `segment` encodes, or nullopt. Nothing stands before it, no byte order mark either.
std::optional<json::Document> decode_object(std::string_view segment) {
  const auto text = base64url_decode(segment);
  return text && text->starts_with('{') ? json::read_object(*text) : std::nullopt;
}

template <class AnyId>
std::optional<AnyId> id_member(const Json& object, const char* name) {
  const auto text = maybe_text(object, name);
  return text ? AnyId::parse(*text) : std::nullopt;
}

std::optional<TimePoint> time_member(const Json& object, const char* name) {
  const auto* value = json::find(object, name);
  if (value == nullptr || !value->IsInt64() || value->GetInt64() < 0) return std::nullopt;
  return from_unix(value->GetInt64());
}

// Reads "act": nobody acts for someone who acts for someone, so that it holds sub and nothing else.
std::optional<UserId> read_actor(const Json& act) {
  if (!act.IsObject() || act.MemberCount() != 1) return std::nullopt;
  return id_member<UserId>(act, "sub");
}

// Returns the key that the header names, or nullptr unless it has exactly alg, typ and kid as we write them.
const SigningKey* choose_key(const KeyRing& keys, std::string_view segment) {
  const auto header = decode_object(segment);
  if (!header || header->MemberCount() != kHeaderMembers) return nullptr;
  // Three members of three different names: no room for another one, nor for one twice.
  const auto kid = maybe_text(*header, "kid");
  if (!kid || maybe_text(*header, "alg") != "EdDSA" || maybe_text(*header, "typ") != "at+jwt") return nullptr;
  return keys.find(*kid);
}

std::optional<AccessClaims> read_claims(const Json& payload) {
  const auto user = id_member<UserId>(payload, "sub");
  const auto session = id_member<SessionId>(payload, "sid");
  const auto issued_at = time_member(payload, "iat");
  const auto expires_at = time_member(payload, "exp");
  if (!user || !session || !issued_at || !expires_at) return std::nullopt;
  AccessClaims claims{*user, *session, std::nullopt, std::nullopt, *issued_at, *expires_at};
  if (payload.HasMember("org") && !(claims.org = id_member<OrgId>(payload, "org"))) return std::nullopt;
  if (payload.HasMember("act") && !(claims.actor = read_actor(payload["act"]))) return std::nullopt;
  if (!payload.HasMember("client_id")) return claims;
  const auto scope = maybe_text(payload, "scope");
  claims.client = id_member<ClientId>(payload, "client_id");
  if (!claims.client || !scope) return std::nullopt;
  claims.scope = *scope;
  return claims;
}

// True if the token is for the API, or, of a client, for userinfo.
bool has_audience(const Json& payload, const TokenPolicy& policy) {
  const auto audience = maybe_text(payload, "aud");
  return audience == policy.audience ||
         (payload.HasMember("client_id") && audience == identity_audience(policy));
}

// True if the token was made by and for `policy`, is valid at `now`, and has a name.
bool fits(const Json& payload, const TokenPolicy& policy, TimePoint now) {
  const auto not_before = time_member(payload, "nbf");
  const auto expires_at = time_member(payload, "exp");
  const auto name = maybe_text(payload, "jti");
  return maybe_text(payload, "iss") == policy.issuer && has_audience(payload, policy) && name &&
         !name->empty() && not_before && *not_before <= now && expires_at && now < *expires_at;
}

}  // namespace

std::string identity_audience(const TokenPolicy& policy) { return policy.issuer + "/oauth2/userinfo"; }

std::string sign_access_token(const KeyRing& keys, const TokenPolicy& policy, const AccessClaims& claims) {
  json::Object payload;
  payload.set("iss", policy.issuer)
      .set("sub", claims.user)
      .set("aud", claims.for_api ? policy.audience : identity_audience(policy))
      .set("exp", claims.expires_at)
      .set("iat", claims.issued_at)
      .set("nbf", claims.issued_at)
      .set("sid", claims.session)
      .set("jti", base64url_encode(random_bytes(16)));
  if (claims.org) payload.set("org", *claims.org);
  if (claims.actor) payload.set("act", json::Object{}.set("sub", *claims.actor));
  if (claims.client) payload.set("client_id", *claims.client).set("scope", claims.scope);
  if (claims.authenticated_at) payload.set("auth_time", *claims.authenticated_at).set("acr", claims.acr);
  if (!claims.amr.empty()) payload.set("amr", claims.amr);
  const SigningKey& key = keys.active(claims.issued_at);
  std::string token = key.token_header() + "." + base64url_encode(payload.text());
  const std::string signature = key.sign(token);
  return token + "." + base64url_encode(signature);
}

std::optional<AccessClaims> verify_access_token(const KeyRing& keys, const TokenPolicy& policy,
                                                std::string_view token, TimePoint now) {
  if (token.size() > kMaxTokenBytes) return std::nullopt;
  const auto first = token.find('.');
  const auto last = token.rfind('.');
  // A dot between the two stays in the payload, where base64url refuses it.
  if (first == last) return std::nullopt;
  const SigningKey* key = choose_key(keys, token.substr(0, first));
  const auto signature = base64url_decode(token.substr(last + 1));
  if (!key || !signature || !key->verify(token.substr(0, last), *signature)) return std::nullopt;
  const auto payload = decode_object(token.substr(first + 1, last - first - 1));
  if (!payload || json::names_twice(*payload) || !fits(*payload, policy, now)) return std::nullopt;
  auto claims = read_claims(*payload);
  if (claims) claims->for_api = maybe_text(*payload, "aud") == policy.audience;
  return claims;
}

}  // namespace tenantd::crypto
