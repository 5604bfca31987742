#include "tenantd/clients/oidc.hpp"

#include <map>
#include <mutex>

#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/jose.hpp"
#include "tenantd/domain/age.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::service {
namespace {

using json::text_of;

constexpr Seconds kBetweenRefreshes{60};
constexpr std::size_t kMostIssuers = 1000;
constexpr std::size_t kMaxIdToken = 16384;

[[noreturn]] void fail(const std::string& why) {
  throw ApiError(ErrorCode::provider_unavailable).detail(why);
}

// What this process knows of an issuer.
struct Known {
  std::optional<Discovery> discovery;
  std::optional<crypto::ForeignKeys> keys;
  TimePoint discovered_at;
  TimePoint keys_at;
  TimePoint refreshed_at;  // for the sake of a kid that was not among them
};

class Issuers {
 public:
  template <class Work>
  auto with(const std::string& issuer, Work&& work) {
    const std::lock_guard lock{mutex_};
    if (known_.size() >= kMostIssuers && !known_.contains(issuer)) known_.clear();
    return work(known_[issuer]);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, Known> known_;
};

Issuers& issuers() {
  static Issuers all;
  return all;
}

// A provider that does not say how it wants the secret wants it in the header.
bool wants_secret_in_body(const json::Value& document) {
  const auto* methods = json::find(document, "token_endpoint_auth_methods_supported");
  if (methods == nullptr || !methods->IsArray()) return false;
  for (const auto& method : methods->GetArray())
    if (method.IsString() && method.GetString() == std::string_view{"client_secret_post"}) return true;
  return false;
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

ProviderCall::ProviderCall(const Context& context, OrgId org, std::string issuer)
    : context_(context),
      org_(org),
      issuer_(std::move(issuer)),
      policy_(net::outbound_policy(context.settings)),
      deadline_us_(monotonic_microseconds() + policy_.seconds * 1'000'000) {}

void ProviderCall::take_turn() {
  if (!turn_) turn_.emplace(context_, SlowTurn::Kind::call, org_);
}

net::OutboundReply ProviderCall::call(net::OutboundRequest request) {
  take_turn();
  const auto left = (deadline_us_ - monotonic_microseconds()) / 1000;
  if (left <= 0) fail("no time is left for " + request.url);
  request.milliseconds = left;
  request.headers.emplace_back("Accept", "application/json");
  try {
    return net::call(policy_, request);
  } catch (const net::OutboundError& e) {
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
  if (text_of(*document, "issuer") != issuer_)
    fail("the discovery document is another issuer's than " + issuer_);
  const Discovery found{text_of(*document, "authorization_endpoint"), text_of(*document, "token_endpoint"),
                        text_of(*document, "jwks_uri"), wants_secret_in_body(*document)};
  for (const auto* url : {&found.authorization, &found.token, &found.keys}) judge(*url);
  return found;
}

Discovery ProviderCall::discover() {
  const auto kept = issuers().with(issuer_, [&](const Known& known) {
    const bool fresh =
        is_younger(known.discovered_at, context_.now, Seconds{context_.settings.oauth_keys_seconds});
    return fresh ? known.discovery : std::nullopt;
  });
  if (kept) return *kept;
  auto found = read_discovery(get(issuer_ + "/.well-known/openid-configuration"));
  issuers().with(issuer_, [&](Known& known) {
    known.discovery = found;
    known.discovered_at = context_.now;
    return 0;
  });
  return found;
}

std::string ProviderCall::redeem(const CodeGrant& grant) {
  const auto endpoints = discover();
  std::vector<std::pair<std::string, std::string>> form = {{"grant_type", "authorization_code"},
                                                           {"code", grant.code},
                                                           {"redirect_uri", grant.redirect_url},
                                                           {"code_verifier", grant.verifier.reveal()}};
  net::OutboundRequest request;
  request.method = "POST";
  request.url = endpoints.token;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  if (endpoints.secret_in_body) {
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
  auto token = document ? text_of(*document, "id_token") : "";
  if (token.empty() || token.size() > kMaxIdToken) fail("the token endpoint answers without an ID token");
  return token;
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
  const auto ask = issuers().with(issuer_, [&](Known& known) {
    if (known.keys && is_younger(known.keys_at, now, Seconds{context_.settings.oauth_keys_seconds}))
      keys = known.keys;
    if (!keys) return Ask::first;
    if (keys->has(token->kid) || is_younger(known.refreshed_at, now, kBetweenRefreshes)) return Ask::nothing;
    // Claimed before the call: of those who come with unknown keys meanwhile none asks too.
    known.refreshed_at = now;
    return Ask::again;
  });
  if (ask != Ask::nothing) {
    keys = crypto::ForeignKeys::parse(get(discover().keys));
    if (!keys) fail("the keys of " + issuer_ + " are no JWK Set");
    issuers().with(issuer_, [&](Known& known) {
      known.keys = keys;
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
