#include "identity/oauth/client_authentication.hpp"

#include <algorithm>

#include "identity/oauth/grants_store.hpp"
#include "identity/oauth/known_clients.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/secret.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/jose.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/network.hpp"
#include "tenantd/effects/budgets.hpp"

namespace tenantd::service {
namespace {

using store::ClientAuth;
using store::FoundClient;

// Failures of a network in an hour, for each attempt at a password that it may make in a minute.
constexpr std::int64_t kFailuresPerAttempt = 10;
constexpr Seconds kAssertionLives{600};  // at most
constexpr Seconds kClockMayDiffer{30};
constexpr std::size_t kMostJti = 256;
constexpr std::string_view kAssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

// Each failure counts, whatever becomes of the request: so many a network may make.
[[noreturn]] void fail_client(db::Txn& txn, const Context& context, const char* why) {
  txn.rollback();
  const auto allowed = store::spend(
      txn, context.keys.seal_key(),
      {{"O" + network_of(context.address), context.settings.limit_password * kFailuresPerAttempt}},
      context.now);
  txn.commit();
  require(allowed, "Too many failures of clients to authenticate: try again later");
  throw ApiError(ErrorCode::invalid_client)
      .detail(why)
      .header("WWW-Authenticate", "Basic realm=\"tenantd\", charset=\"UTF-8\"");
}

// What a client shows.
struct Shown {
  ClientAuth way = ClientAuth::none;
  std::string id;
  std::string secret;  // or the assertion
  bool readable = true;
};

// RFC 6749 section 2.3.1: both halves are form-encoded before the base64.
Shown shown_in_header(std::string_view header) {
  Shown shown{ClientAuth::client_secret_basic, {}, {}, false};
  const auto pair = base64_decode(trim(header.substr(6)));
  const auto colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) return shown;
  const auto id = url_decode(std::string_view{*pair}.substr(0, colon));
  const auto secret = url_decode(std::string_view{*pair}.substr(colon + 1));
  if (!id || !secret) return shown;
  return {ClientAuth::client_secret_basic, *id, *secret, true};
}

// Whose an assertion claims to be: believed once its signature is checked.
std::string subject_of(const std::string& assertion) {
  const auto token = crypto::read_foreign_token(assertion);
  const auto payload = token ? json::read_object(token->payload) : std::nullopt;
  return payload ? json::text_of(*payload, "sub") : "";
}

Shown shown_by(const http::Request& request, const json::Value& body) {
  const bool header = ascii_lower(request.authorization.substr(0, 6)) == "basic ";
  const auto secret = json::maybe_text(body, "client_secret");
  const auto assertion = json::maybe_text(body, "client_assertion");
  const auto type = json::maybe_text(body, "client_assertion_type");
  const auto id = json::maybe_text(body, "client_id");
  if (header + secret.has_value() + (assertion || type) > 1)
    throw ApiError(ErrorCode::invalid_request, "The client authenticates in two ways at once");
  Shown shown;
  if (header) {
    shown = shown_in_header(request.authorization);
  } else if (assertion || type) {
    shown = {ClientAuth::private_key_jwt, id.value_or(subject_of(assertion.value_or(""))),
             assertion.value_or(""), type == kAssertionType};
  } else {
    shown = {secret ? ClientAuth::client_secret_post : ClientAuth::none, id.value_or(""), secret.value_or(""),
             true};
  }
  if (header && id && *id != shown.id) shown.readable = false;
  return shown;
}

bool is_right_secret(const FoundClient& found, const std::string& secret, TimePoint now) {
  const auto hash = crypto::sha256(secret);
  const bool current = found.client.secret && constant_time_equal(*found.client.secret, hash);
  const bool previous = found.previous_secret && found.previous_until && *found.previous_until > now &&
                        constant_time_equal(*found.previous_secret, hash);
  return current || previous;
}

std::optional<TimePoint> time_of(const json::Value& payload, const char* name) {
  const auto* value = json::find(payload, name);
  if (value == nullptr || !value->IsInt64() || value->GetInt64() < 0) return std::nullopt;
  return from_unix(value->GetInt64());
}

// RFC 7523 section 3: for this service alone, and not for another one that the client knows too.
bool is_for_us(const json::Value& payload, const Context& context) {
  const auto* audience = json::find(payload, "aud");
  if (audience != nullptr && audience->IsArray() && audience->Size() == 1) audience = &(*audience)[0];
  if (audience == nullptr || !audience->IsString()) return false;
  const auto named = json::view(*audience);
  const auto& issuer = context.settings.public_url;
  return named == issuer || named == issuer + "/oauth2/token";
}

// Empty: the assertion is good, and is now used up.
const char* fault_of_assertion(db::Txn& txn, const Context& context, const FoundClient& found,
                               const std::string& assertion) {
  const auto token = crypto::read_foreign_token(assertion);
  const auto keys = crypto::ForeignKeys::parse(found.client.jwks.value_or(""));
  if (!token || !keys || !keys->verify(*token)) return "signature";
  const auto payload = json::read_object(token->payload);
  if (!payload || json::names_twice(*payload)) return "payload";
  const auto id = found.client.id.str();
  if (json::text_of(*payload, "iss") != id || json::text_of(*payload, "sub") != id) return "iss, sub";
  if (!is_for_us(*payload, context)) return "aud";
  const auto expires = time_of(*payload, "exp");
  const auto not_before = time_of(*payload, "nbf");
  if (!expires || *expires <= context.now || *expires > context.now + kAssertionLives + kClockMayDiffer)
    return "exp";
  if (not_before && *not_before > context.now + kClockMayDiffer) return "nbf";
  const auto name = json::text_of(*payload, "jti");
  if (name.empty() || name.size() > kMostJti) return "jti";
  // At once, in a unit of work of its own: a request that fails later has used it up all the same.
  const auto hash = crypto::sha256(id + '\n' + name);
  const bool is_new = txn.settle([&](db::Txn& own) { return store::take_assertion(own, hash, *expires); });
  return is_new ? nullptr : "jti was used";
}

}  // namespace

FoundClient authenticate_client(db::Txn& txn, const Context& context, const http::Request& request,
                                const json::Value& body) {
  const auto shown = shown_by(request, body);
  const auto id = ClientId::parse(shown.id);
  auto found = id && shown.readable ? known_client(txn, context, *id) : std::nullopt;
  if (!found) fail_client(txn, context, "unknown");
  if (found->client.auth != shown.way) fail_client(txn, context, "another way than it is registered with");
  if (found->client.has_secret() && !is_right_secret(*found, shown.secret, context.now))
    fail_client(txn, context, "secret");
  if (shown.way == ClientAuth::private_key_jwt)
    if (const auto* fault = fault_of_assertion(txn, context, *found, shown.secret))
      fail_client(txn, context, fault);
  return *std::move(found);
}

}  // namespace tenantd::service
