#include "identity/sso/id_token.hpp"

#include <algorithm>

#include "tenantd/base/json.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::service {
namespace {

using Json = json::Value;
using json::maybe_text;
using json::text_of;
using store::ProviderKind;

constexpr std::size_t kMaxSubject = 255;
constexpr std::size_t kMaxName = 100;  // characters

[[noreturn]] void refuse_claim(const char* claim) {
  throw ApiError(ErrorCode::oauth_token_refused).detail(std::string{"the ID token's "} + claim);
}

json::Document read_payload(const std::string& payload) {
  auto document = json::read_object(payload);
  if (!document || json::names_twice(*document)) refuse_claim("payload");
  return *std::move(document);
}

bool flag_of(const Json& object, const char* name) {
  const auto* value = json::find(object, name);
  return value != nullptr && value->IsTrue();
}

// nullopt if it is absent; what is no time refuses the token.
std::optional<TimePoint> time_of(const Json& object, const char* name) {
  const auto* value = json::find(object, name);
  if (value == nullptr) return std::nullopt;
  constexpr std::int64_t beyond = 253402300799;
  if (!value->IsInt64() || value->GetInt64() < 0 || value->GetInt64() > beyond) refuse_claim(name);
  return from_unix(value->GetInt64());
}

// One audience, us; of several, us as the one whom the token was made for.
void check_audience(const Json& token, const std::string& client_id) {
  const auto* aud = json::find(token, "aud");
  const auto azp = maybe_text(token, "azp");
  if (aud == nullptr) refuse_claim("aud");
  if (token.HasMember("azp") && azp != client_id) refuse_claim("azp");
  if (aud->IsString()) {
    if (json::view(*aud) != client_id) refuse_claim("aud");
    return;
  }
  if (!aud->IsArray()) refuse_claim("aud");
  bool named = false;
  for (const auto& one : aud->GetArray()) {
    if (!one.IsString()) refuse_claim("aud");
    named = named || client_id == json::view(one);
  }
  if (!named) refuse_claim("aud");
  if (aud->Size() > 1 && !azp) refuse_claim("azp");
}

void check_times(const Json& token, TimePoint now, Seconds skew) {
  const auto expires_at = time_of(token, "exp");
  const auto issued_at = time_of(token, "iat");
  const auto not_before = time_of(token, "nbf");
  if (!expires_at || *expires_at + skew <= now) refuse_claim("exp");
  if (!issued_at || *issued_at > now + skew) refuse_claim("iat");
  if (not_before && *not_before > now + skew) refuse_claim("nbf");
}

// As the column holds and compares it: visible ASCII.
bool is_subject(const std::string& text) {
  return !text.empty() && text.size() <= kMaxSubject &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string subject_of(const Json& token, const IdTokenRules& rules) {
  const auto sub = maybe_text(token, "sub");
  if (!sub || !is_subject(*sub)) refuse_claim("sub");
  if (rules.kind == ProviderKind::google) return *sub;
  const auto tid = maybe_text(token, "tid");
  if (!tid || !rules.azure_tenant || ascii_lower(*tid) != *rules.azure_tenant) refuse_claim("tid");
  const auto oid = parse_uuid(text_of(token, "oid"));
  if (!oid) refuse_claim("oid");
  return format_uuid(*oid);
}

bool is_allowed(const IdTokenRules& rules, const std::string& domain) {
  return std::find(rules.domains.begin(), rules.domains.end(), domain) != rules.domains.end();
}

std::optional<Email> address_of(const Json& token, ProviderKind kind) {
  auto typed = maybe_text(token, "email");
  if (!typed && kind == ProviderKind::microsoft) typed = maybe_text(token, "preferred_username");
  return typed ? Email::parse(*typed) : std::nullopt;
}

// Google signs whose account it is: `hd`, the domain that it hosts for an organization.
void check_domain(const Json& token, const IdTokenRules& rules, Claims& claims) {
  if (rules.kind == ProviderKind::google) {
    const auto hosted = parse_domain(text_of(token, "hd"));
    const bool verified = flag_of(token, "email_verified");
    if (!rules.domains.empty() && (!hosted || !verified || !is_allowed(rules, *hosted)))
      throw ApiError(ErrorCode::domain_not_allowed).detail("the ID token's hd or email_verified");
    claims.email_proven = hosted && verified && claims.email && claims.email->domain() == *hosted;
  }
  if (!rules.domains.empty() && (!claims.email || !is_allowed(rules, claims.email->domain())))
    throw ApiError(ErrorCode::domain_not_allowed).detail("the ID token's address");
}

// Its first characters, none of them a control.
std::string tidy(const std::string& name) {
  std::string out{cut_code_points(name, kMaxName)};
  std::erase_if(out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  return out;
}

std::string profile_of(const Json& token) {
  json::Object profile;
  for (const auto& [claim, name] :
       {std::pair{"given_name", "first_name"}, {"family_name", "last_name"}, {"name", "name"}}) {
    const auto text = tidy(text_of(token, claim));
    if (!text.empty()) profile.set(name, text);
  }
  return profile.text();
}

}  // namespace

Claims check_id_token(const std::string& payload, const IdTokenRules& rules) {
  const auto token = read_payload(payload);
  if (maybe_text(token, "iss") != rules.issuer) refuse_claim("iss");
  check_audience(token, rules.client_id);
  check_times(token, rules.now, rules.skew);
  if (maybe_text(token, "nonce") != rules.nonce) refuse_claim("nonce");
  Claims claims;
  claims.subject = subject_of(token, rules);
  claims.email = address_of(token, rules.kind);
  check_domain(token, rules, claims);
  claims.profile = profile_of(token);
  return claims;
}

}  // namespace tenantd::service
