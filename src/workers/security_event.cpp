#include "workers/security_event.hpp"

#include <algorithm>
#include <array>

#include "tenantd/base/json.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/keys.hpp"
#include "tenantd/crypto/signed_token.hpp"

namespace tenantd::service {
namespace {

constexpr std::string_view kCaep = "https://schemas.openid.net/secevent/caep/event-type/";
constexpr const char* kVerification = "https://schemas.openid.net/secevent/ssf/event-type/verification";
constexpr std::size_t kMostErr = 64, kMostDescription = 300;

// What a row says of a credential; of a session neither stands.
struct SignalKind {
  std::string_view action;
  std::string_view change = {};      // CAEP's change_type
  std::string_view credential = {};  // CAEP's credential_type
  bool of_tenant = false;            // in this organization alone
};
constexpr std::array kSignals = {
    SignalKind{"session.signed_out"},
    SignalKind{"session.ended"},
    SignalKind{"session.all_ended"},
    SignalKind{"session.token_reused"},
    SignalKind{"account.erased"},
    SignalKind{"member.removed", {}, {}, true},
    SignalKind{"member.deactivated", {}, {}, true},
    SignalKind{"password.changed", "update", "password"},
    SignalKind{"password.reset", "update", "password"},
    SignalKind{"mfa.enabled", "create", "app"},
    SignalKind{"mfa.disabled", "delete", "app"},
    SignalKind{"passkey.added", "create", "fido2-roaming"},
    SignalKind{"passkey.removed", "delete", "fido2-roaming"},
};

const SignalKind* signal_of(std::string_view action) {
  const auto found = std::ranges::find(kSignals, action, &SignalKind::action);
  return found == kSignals.end() ? nullptr : &*found;
}

// Which session ended, if it was one.
std::string session_of(const store::AuditRow& row) {
  for (const auto* values : {&row.old_values, &row.new_values})
    if (auto id = json::find_text(values->value_or(""), "session_id"); !id.empty()) return id;
  return {};
}

std::string_view initiator_of(const store::AuditRow& row) {
  if (row.action == "session.token_reused") return "policy";
  if (!row.actor_id) return "system";
  return row.resource_id && row.actor_id->raw() == row.resource_id->raw() ? "user" : "admin";
}

std::string opaque(std::string_view id) {
  return json::Object{}.set("format", "opaque").set("id", id).text();
}

// RFC 9493, and the complex subjects of the Shared Signals Framework where a person is not all of it.
std::string subject_of(const store::AuditRow& row, const SignalKind& kind, std::string_view issuer) {
  const auto user =
      json::Object{}.set("format", "iss_sub").set("iss", issuer).set("sub", row.resource_id->str()).text();
  const auto session = kind.change.empty() ? session_of(row) : std::string{};
  const bool within = kind.of_tenant && !row.org.is_nil();
  if (session.empty() && !within) return user;
  json::Object subject;
  subject.set("format", "complex").raw("user", user);
  if (!session.empty()) subject.raw("session", opaque(session));
  if (within) subject.raw("tenant", opaque(row.org.str()));
  return subject.text();
}

std::string event_of(const store::AuditRow& row, const SignalKind& kind) {
  json::Object event;
  event.set("event_timestamp", row.created_at).set("initiating_entity", initiator_of(row));
  if (!kind.change.empty()) event.set("change_type", kind.change).set("credential_type", kind.credential);
  return '{' +
         json::quoted(std::string{kCaep} + (kind.change.empty() ? "session-revoked" : "credential-change")) +
         ':' + event.text() + '}';
}

std::string claims_of(std::string subject, std::string events, const store::AuditRow& row) {
  json::Object claims;
  claims.raw("sub_id", subject).raw("events", events).set("toe", row.created_at);
  if (!row.request_id.empty()) claims.set("txn", row.request_id);
  return claims.text();
}

// What a receiver may have said, on one line.
std::string printable(std::string_view text, std::size_t most) {
  std::string plain{text.substr(0, most)};
  std::ranges::replace_if(
      plain, [](unsigned char c) { return c < ' ' || c >= 0x7f; }, '?');
  return plain;
}

}  // namespace

std::optional<std::string> security_event(const store::StreamClaim& claim, const store::AuditRow& row,
                                          std::string_view issuer) {
  if (!row.resource_id) return std::nullopt;
  // The framework's own event for whether a receiver is there.
  if (row.action == "stream.test" && row.resource_id->raw() == claim.stream.id.raw())
    return claims_of(opaque(claim.stream.id.str()), '{' + json::quoted(kVerification) + ":{}}", row);
  const auto* kind = signal_of(row.action);
  if (kind == nullptr) return std::nullopt;
  return claims_of(subject_of(row, *kind, issuer), event_of(row, *kind), row);
}

net::OutboundRequest security_event_push(const Secret& seal_key, const crypto::KeyRing& keys,
                                         const store::StreamClaim& claim, const std::string& event,
                                         const std::string& id, std::string_view issuer, TimePoint at) {
  json::Object claims;
  claims.set("iss", issuer).set("aud", claim.audience).set("iat", at).set("jti", id);
  // Both are objects of members.
  const auto own = claims.text();
  net::OutboundRequest request;
  request.method = "POST";
  request.url = claim.url;
  request.body = crypto::sign_token(keys, crypto::TokenAlg::rs256, "secevent+jwt",
                                    own.substr(0, own.size() - 1) + ',' + event.substr(1), at);
  request.headers = {{"Content-Type", "application/secevent+jwt"}, {"Accept", "application/json"}};
  if (claim.secret_sealed)
    request.headers.emplace_back(
        "Authorization",
        crypto::unseal(seal_key, *claim.secret_sealed, store::stream_secret_context(claim.stream.id)));
  return request;
}

std::string security_event_fault(int status, std::string_view body) {
  if (status == 202) return {};
  auto fault = "HTTP " + std::to_string(status);
  if (status == 400) {
    const auto said = json::read_object(body);
    const auto text = [&](const char* name) {
      return said && said->HasMember(name) && (*said)[name].IsString() ? (*said)[name].GetString() : "";
    };
    if (const std::string err = text("err"); !err.empty()) fault += ": " + printable(err, kMostErr);
    if (const std::string why = text("description"); !why.empty())
      fault += ": " + printable(why, kMostDescription);
    return fault;
  }
  if (status / 100 == 2) return fault + "; 202 alone acknowledges a security event token";
  return status / 100 == 3 ? fault + "; redirects are not followed" : fault;
}

}  // namespace tenantd::service
