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
  if (rules.kind != ProviderKind::microsoft) return *sub;
  const auto tid = maybe_text(token, "tid");
  if (!tid || !rules.azure_tenant || ascii_lower(*tid) != *rules.azure_tenant) refuse_claim("tid");
  const auto oid = parse_uuid(text_of(token, "oid"));
  if (!oid) refuse_claim("oid");
  return format_uuid(*oid);
}

bool is_allowed(const IdTokenRules& rules, const std::string& domain) {
  return std::find(rules.domains.begin(), rules.domains.end(), domain) != rules.domains.end();
}

// What a claim says, by its whole name, or by a path with dots into objects (Keycloak's realm_access.roles).
const Json* claim_of(const Json& token, const std::string& name) {
  if (const auto* whole = json::find(token, name)) return whole;
  const Json* at = &token;
  for (const auto part : split(name, '.')) {
    if (!at->IsObject()) return nullptr;
    at = json::find(*at, part);
    if (at == nullptr) return nullptr;
  }
  return at;
}

// An administrator of the organization has said that the provider answers for all addresses of these domains.
bool is_trusted(const IdTokenRules& rules, const Email& email) {
  return rules.terms->trust_addresses && is_allowed(rules, email.domain());
}

// `email_verified` speaks of `email` alone (OpenID Connect Core section 5.1).
std::optional<Email> counted_address(const Json& source, const IdTokenRules& rules) {
  const auto* typed = claim_of(source, rules.terms->email_claim);
  auto email =
      typed != nullptr && typed->IsString() ? Email::parse(std::string{json::view(*typed)}) : std::nullopt;
  const bool verified = rules.terms->email_claim == "email" && flag_of(source, "email_verified");
  if (email && !verified && !is_trusted(rules, *email)) email.reset();
  return email;
}

// A text, a list of texts, or an object whose members are named so (Zitadel's roles).
std::optional<std::set<std::string>> groups_in(const Json& source, const store::OidcTerms& terms) {
  const auto* claim = terms.groups_claim ? claim_of(source, *terms.groups_claim) : nullptr;
  if (claim == nullptr) return std::nullopt;
  std::set<std::string> groups;
  if (claim->IsString()) groups.emplace(json::view(*claim));
  if (claim->IsArray())
    for (const auto& each : claim->GetArray())
      if (each.IsString()) groups.emplace(json::view(each));
  if (claim->IsObject())
    for (const auto& each : claim->GetObject()) groups.emplace(json::view(each.name));
  return groups;
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

std::string profile_of(const Json& token, const std::string& name_claim = "name") {
  json::Object profile;
  for (const auto& [claim, name] : {std::pair<std::string, const char*>{"given_name", "first_name"},
                                    {"family_name", "last_name"},
                                    {name_claim, "name"}}) {
    const auto* said = claim_of(token, claim);
    const auto text = said != nullptr && said->IsString() ? tidy(std::string{json::view(*said)}) : "";
    if (!text.empty()) profile.set(name, text);
  }
  return profile.text();
}

// By the mapping. The token counts first, then what userinfo says of the same subject.
void map_claims(const Json& token, const IdTokenRules& rules, Claims& claims) {
  const auto read = [&](const Json& source) {
    if (!claims.email) claims.email = counted_address(source, rules);
    if (!claims.groups) claims.groups = groups_in(source, *rules.terms);
    if (claims.profile == "{}") claims.profile = profile_of(source, rules.terms->name_claim);
  };
  read(token);
  if (!rules.userinfo) return;
  const auto more = read_payload(*rules.userinfo);
  if (maybe_text(more, "sub") != claims.subject) refuse_claim("sub is not that of userinfo");
  read(more);
}

}  // namespace

bool leaves_out(const std::string& payload, const store::OidcTerms& terms) {
  const auto token = read_payload(payload);
  return claim_of(token, terms.email_claim) == nullptr ||
         (!terms.trust_addresses && json::find(token, "email_verified") == nullptr) ||
         (terms.groups_claim && claim_of(token, *terms.groups_claim) == nullptr);
}

Claims check_id_token(const std::string& payload, const IdTokenRules& rules) {
  const auto token = read_payload(payload);
  if (maybe_text(token, "iss") != rules.issuer) refuse_claim("iss");
  check_audience(token, rules.client_id);
  check_times(token, rules.now, rules.skew);
  if (maybe_text(token, "nonce") != rules.nonce) refuse_claim("nonce");
  Claims claims;
  claims.subject = subject_of(token, rules);
  if (rules.terms != nullptr) {
    map_claims(token, rules, claims);
  } else {
    claims.email = address_of(token, rules.kind);
    claims.profile = profile_of(token);
  }
  check_domain(token, rules, claims);
  return claims;
}

}  // namespace tenantd::service
