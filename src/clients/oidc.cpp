#include "tenantd/clients/oidc.hpp"

#include <algorithm>

#include "clients/known_issuers.hpp"
#include "tenantd/base/json.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/client_key.hpp"
#include "tenantd/crypto/jose.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/age.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::service {
namespace {

using json::text_of;

constexpr Seconds kBetweenRefreshes{60};
constexpr std::size_t kMaxIdToken = 16384;
// The largest reply of a provider that an organization has chosen.
constexpr std::size_t kMostOwnBytes = 65536;
constexpr Seconds kAssertionLifetime{60};
constexpr std::int64_t kPromptPart = 4;  // of OUTBOUND_SECONDS

[[noreturn]] void fail(const std::string& why) {
  throw ApiError(ErrorCode::provider_unavailable).detail(why);
}

bool names(const json::Value& document, const char* list, std::string_view word) {
  const auto* words = json::find(document, list);
  if (words == nullptr || !words->IsArray()) return false;
  return std::any_of(words->Begin(), words->End(),
                     [&](const auto& each) { return each.IsString() && json::view(each) == word; });
}

// A provider that does not say how it wants the secret wants it in the header. Google and Entra name both
// ways and take both; a client elsewhere is registered with the header, unless its maker has chosen
// otherwise.
bool wants_secret_in_body(const json::Value& document, Chosen chosen) {
  constexpr const char* ways = "token_endpoint_auth_methods_supported";
  return names(document, ways, "client_secret_post") &&
         (chosen == Chosen::by_service || !names(document, ways, "client_secret_basic"));
}

std::string form_of(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string text;
  for (const auto& [name, value] : fields)
    text += (text.empty() ? "" : "&") + name + '=' + percent_encode(value);
  return text;
}

// What a token endpoint's refusal is about (RFC 6749 section 5.2): the person's code, or the organization's
// settings.
[[noreturn]] void refuse_grant(const net::OutboundReply& reply) {
  const auto document = json::read_object(reply.body);
  const auto error = document ? text_of(*document, "error") : "";
  if (error == "invalid_grant")
    throw ApiError(ErrorCode::oauth_token_refused, "The identity provider refuses the code")
        .detail("invalid_grant");
  if (error == "invalid_client" || error == "unauthorized_client")
    throw ApiError(ErrorCode::provider_unavailable,
                   "The identity provider refuses the client id and secret of this organization")
        .detail(error);
  fail("the token endpoint answers " + std::to_string(reply.status));
}

}  // namespace

ProviderCall::ProviderCall(const Context& context, OrgId org, std::string issuer, Chosen chosen,
                           std::optional<std::string> announced)
    : context_(context),
      org_(org),
      issuer_(std::move(issuer)),
      chosen_(chosen),
      announced_(std::move(announced).value_or(issuer_)),
      kept_as_(chosen == Chosen::by_organization ? org.str() + ' ' + issuer_ : issuer_),
      policy_(net::outbound_policy(context.settings)),
      deadline_us_(monotonic_microseconds() + policy_.seconds * 1'000'000) {
  if (chosen_ == Chosen::by_organization) policy_.bytes = std::min(policy_.bytes, kMostOwnBytes);
}

void ProviderCall::take_turn() {
  if (turn_) return;
  const bool known = chosen_ == Chosen::by_service || issuers().with(kept_as_, [&](const Known& each) {
    return is_younger(each.answered_at, context_.now, Seconds{context_.settings.oauth_keys_seconds});
  });
  turn_.emplace(context_, SlowTurn::Kind::call, known ? org_ : OrgId{});
}

net::OutboundReply ProviderCall::call(net::OutboundRequest request) {
  take_turn();
  const auto left = (deadline_us_ - monotonic_microseconds()) / 1000;
  if (left <= 0) fail("no time is left for " + request.url);
  request.milliseconds = left;
  request.headers.emplace_back("Accept", "application/json");
  const auto note = [&](TimePoint answered) {
    issuers().with(kept_as_, [&](Known& known) {
      known.answered_at = answered;
      return 0;
    });
  };
  try {
    const auto started_us = monotonic_microseconds();
    auto reply = net::call(policy_, request);
    // One that takes nearly all of the time is no better than one that hangs.
    const bool prompt = (monotonic_microseconds() - started_us) * kPromptPart < policy_.seconds * 1'000'000;
    note(prompt ? context_.now : TimePoint{});
    return reply;
  } catch (const net::OutboundError& e) {
    note({});
    if (e.kind == net::OutboundError::Kind::refused)
      throw ApiError(ErrorCode::url_refused, "The identity provider names an address that must not be called")
          .detail(e.what());
    fail(e.what());
  }
}

std::string ProviderCall::get(const std::string& url) {
  net::OutboundRequest request;
  request.url = url;
  auto reply = call(std::move(request));
  if (reply.status != 200) fail(url + " answers " + std::to_string(reply.status));
  return std::move(reply.body);
}

void ProviderCall::judge(const std::string& url) const {
  if (const auto why = net::refuse_url(policy_, url))
    throw ApiError(ErrorCode::url_refused, "The identity provider names an address that must not be called")
        .detail("an endpoint of " + issuer_ + ' ' + *why);
}

Discovery ProviderCall::read_discovery(const std::string& json) const {
  const auto document = json::read_object(json);
  if (!document) fail("the discovery document of " + issuer_ + " is no JSON object");
  if (text_of(*document, "issuer") != announced_)
    fail("the discovery document is another issuer's than " + issuer_);
  Discovery found{text_of(*document, "authorization_endpoint"), text_of(*document, "token_endpoint"),
                  text_of(*document, "jwks_uri"), wants_secret_in_body(*document, chosen_)};
  for (const auto* url : {&found.authorization, &found.token, &found.keys}) judge(*url);
  if (chosen_ == Chosen::by_service) return found;
  found.userinfo = text_of(*document, "userinfo_endpoint");
  if (!found.userinfo.empty()) judge(found.userinfo);
  const auto* names_issuer = json::find(*document, "authorization_response_iss_parameter_supported");
  found.names_issuer = names_issuer != nullptr && names_issuer->IsTrue();
  return found;
}

Discovery ProviderCall::discover() {
  const auto kept = issuers().with(kept_as_, [&](const Known& known) {
    const bool fresh =
        is_younger(known.discovered_at, context_.now, Seconds{context_.settings.oauth_keys_seconds});
    return fresh ? known.discovery : std::nullopt;
  });
  if (kept) return *kept;
  // Some issuers end with a slash (Discovery section 4.1).
  const auto base = issuer_.ends_with('/') ? issuer_.substr(0, issuer_.size() - 1) : issuer_;
  auto found = read_discovery(get(base + "/.well-known/openid-configuration"));
  issuers().with(kept_as_, [&](Known& known) {
    known.discovery = found;
    known.discovered_at = context_.now;
    known.bytes = std::max(known.bytes, found.authorization.size() + found.token.size() + found.keys.size());
    return 0;
  });
  return found;
}

// RFC 7523 section 3. For the token endpoint, as OpenID Connect Core section 9 says; its key is for this one
// issuer, so that no other provider can use it.
std::string ProviderCall::assertion(const CodeGrant& grant, const std::string& audience) const {
  json::Object claims;
  claims.set("iss", grant.client_id)
      .set("sub", grant.client_id)
      .set("aud", audience)
      .set("jti", crypto::new_token().reveal())
      .set("iat", unix_seconds(context_.now))
      .set("exp", unix_seconds(context_.now + kAssertionLifetime));
  return crypto::sign_with_client_key(grant.client_secret, claims.text());
}

Granted ProviderCall::redeem(const CodeGrant& grant) {
  auto granted = redeem_at(discover(), grant);
  if (granted.id_token.empty() || granted.id_token.size() > kMaxIdToken)
    fail("the token endpoint answers without an ID token");
  return granted;
}

Granted ProviderCall::redeem_at(const Discovery& endpoints, const CodeGrant& grant) {
  std::vector<std::pair<std::string, std::string>> form = {{"grant_type", "authorization_code"},
                                                           {"code", grant.code},
                                                           {"redirect_uri", grant.redirect_url},
                                                           {"code_verifier", grant.verifier.reveal()}};
  net::OutboundRequest request;
  request.method = "POST";
  request.url = endpoints.token;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  if (grant.has_key) {
    form.emplace_back("client_id", grant.client_id);
    form.emplace_back("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    form.emplace_back("client_assertion", assertion(grant, endpoints.token));
  } else if (endpoints.secret_in_body) {
    form.emplace_back("client_id", grant.client_id);
    form.emplace_back("client_secret", grant.client_secret.reveal());
  } else {
    // Both encoded first (RFC 6749 section 2.3.1).
    const auto both = percent_encode(grant.client_id) + ':' + percent_encode(grant.client_secret.reveal());
    request.headers.emplace_back("Authorization", "Basic " + base64_encode(both));
  }
  request.body = form_of(form);
  const auto reply = call(std::move(request));
  if (reply.status != 200) refuse_grant(reply);
  const auto document = json::read_object(reply.body);
  if (!document) fail("the token endpoint answers no JSON object");
  return {text_of(*document, "id_token"), text_of(*document, "access_token")};
}

std::string ProviderCall::read_as(const std::string& url, const std::string& access_token) {
  // As a header carries it (RFC 6750 section 2.1).
  const auto fits = [](char c) { return c > ' ' && c < '\x7f'; };
  if (access_token.empty() || access_token.size() > kMaxIdToken ||
      !std::all_of(access_token.begin(), access_token.end(), fits))
    fail("the token endpoint answers without an access token");
  net::OutboundRequest request;
  request.url = url;
  request.headers = {{"Authorization", "Bearer " + access_token}};
  auto reply = call(std::move(request));
  if (reply.status != 200) fail(url + " answers " + std::to_string(reply.status));
  return std::move(reply.body);
}

std::string ProviderCall::open(const std::string& id_token) {
  const auto refuse = [](const char* why) {
    throw ApiError(ErrorCode::oauth_token_refused).detail(std::string{"the ID token's "} + why);
  };
  auto token = crypto::read_foreign_token(id_token);
  if (!token) refuse("form, header or algorithm");
  const auto now = context_.now;
  enum class Ask { nothing, first, again };
  std::optional<crypto::ForeignKeys> keys;
  const auto ask = issuers().with(kept_as_, [&](Known& known) {
    if (known.keys && is_younger(known.keys_at, now, Seconds{context_.settings.oauth_keys_seconds}))
      keys = known.keys;
    if (!keys) return Ask::first;
    if (keys->has(token->kid) || is_younger(known.refreshed_at, now, kBetweenRefreshes)) return Ask::nothing;
    // Claimed before the call: of those who come with unknown keys meanwhile none asks too.
    known.refreshed_at = now;
    return Ask::again;
  });
  if (ask != Ask::nothing) {
    const auto set = get(discover().keys);
    keys = crypto::ForeignKeys::parse(set);
    if (!keys) fail("the keys of " + issuer_ + " are no JWK Set");
    issuers().with(kept_as_, [&](Known& known) {
      known.keys = keys;
      known.bytes = set.size();
      known.keys_at = now;
      if (ask == Ask::first) known.refreshed_at = now;
      return 0;
    });
  }
  if (!keys->has(token->kid)) refuse("kid");
  if (!keys->verify(*token)) refuse("signature");
  return std::move(token->payload);
}

}  // namespace tenantd::service
