#include "identity/sso/id_token.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

#include "tenantd/base/text.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::service {
namespace {

using Json = rapidjson::Value;
using store::ProviderKind;

constexpr std::size_t kMaxSubject = 255;
constexpr std::size_t kMaxName = 100;  // characters

[[noreturn]] void refuse(const char* claim) {
  throw ApiError(ErrorCode::oauth_token_refused).detail(std::string{"the ID token's "} + claim);
}

bool has_duplicates(const Json& object) {
  for (auto a = object.MemberBegin(); a != object.MemberEnd(); ++a)
    for (auto b = object.MemberBegin(); b != a; ++b)
      if (a->name == b->name) return true;
  return false;
}

rapidjson::Document read_payload(const std::string& payload) {
  constexpr unsigned flags = rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag;
  rapidjson::Document document;
  if (payload.find('\0') == std::string::npos) document.Parse<flags>(payload.data(), payload.size());
  if (document.HasParseError() || !document.IsObject() || has_duplicates(document)) refuse("payload");
  return document;
}

std::optional<std::string> text_of(const Json& object, const char* name) {
  const auto at = object.FindMember(name);
  if (at == object.MemberEnd() || !at->value.IsString()) return std::nullopt;
  return std::string{at->value.GetString(), at->value.GetStringLength()};
}

bool flag_of(const Json& object, const char* name) {
  const auto at = object.FindMember(name);
  return at != object.MemberEnd() && at->value.IsTrue();
}

// nullopt if it is absent; what is no time refuses the token.
std::optional<TimePoint> time_of(const Json& object, const char* name) {
  const auto at = object.FindMember(name);
  if (at == object.MemberEnd()) return std::nullopt;
  constexpr std::int64_t beyond = 253402300799;
  if (!at->value.IsInt64() || at->value.GetInt64() < 0 || at->value.GetInt64() > beyond) refuse(name);
  return from_unix(at->value.GetInt64());
}

// One audience, us; of several, us as the one whom the token was made for.
void check_audience(const Json& token, const std::string& client_id) {
  const auto at = token.FindMember("aud");
  const auto azp = text_of(token, "azp");
  if (at == token.MemberEnd()) refuse("aud");
  if (token.HasMember("azp") && azp != client_id) refuse("azp");
  if (at->value.IsString()) {
    if (text_of(token, "aud") != client_id) refuse("aud");
    return;
  }
  if (!at->value.IsArray()) refuse("aud");
  bool named = false;
  for (const auto& one : at->value.GetArray()) {
    if (!one.IsString()) refuse("aud");
    named = named || client_id == std::string_view{one.GetString(), one.GetStringLength()};
  }
  if (!named) refuse("aud");
  if (at->value.Size() > 1 && !azp) refuse("azp");
}

void check_times(const Json& token, TimePoint now, Seconds skew) {
  const auto expires_at = time_of(token, "exp");
  const auto issued_at = time_of(token, "iat");
  const auto not_before = time_of(token, "nbf");
  if (!expires_at || *expires_at + skew <= now) refuse("exp");
  if (!issued_at || *issued_at > now + skew) refuse("iat");
  if (not_before && *not_before > now + skew) refuse("nbf");
}

// As the column holds and compares it: visible ASCII.
bool is_subject(const std::string& text) {
  return !text.empty() && text.size() <= kMaxSubject &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string subject_of(const Json& token, const IdTokenRules& rules) {
  const auto sub = text_of(token, "sub");
  if (!sub || !is_subject(*sub)) refuse("sub");
  if (rules.kind == ProviderKind::google) return *sub;
  const auto tid = text_of(token, "tid");
  if (!tid || !rules.azure_tenant || ascii_lower(*tid) != *rules.azure_tenant) refuse("tid");
  const auto oid = parse_uuid(text_of(token, "oid").value_or(""));
  if (!oid) refuse("oid");
  return format_uuid(*oid);
}

bool is_allowed(const IdTokenRules& rules, const std::string& domain) {
  return std::find(rules.domains.begin(), rules.domains.end(), domain) != rules.domains.end();
}

std::optional<Email> address_of(const Json& token, ProviderKind kind) {
  auto typed = text_of(token, "email");
  if (!typed && kind == ProviderKind::microsoft) typed = text_of(token, "preferred_username");
  return typed ? Email::parse(*typed) : std::nullopt;
}

// Google signs whose account it is: `hd`, the domain that it hosts for an organization.
void check_domain(const Json& token, const IdTokenRules& rules, Claims& claims) {
  if (rules.kind == ProviderKind::google) {
    const auto hosted = parse_domain(text_of(token, "hd").value_or(""));
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
  std::string out;
  std::size_t characters = 0;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool begins = (byte & 0xC0U) != 0x80U;
    if (begins && ++characters > kMaxName) break;
    if (byte >= 0x20 && byte != 0x7F) out += c;
  }
  return out;
}

std::string profile_of(const Json& token) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  writer.StartObject();
  for (const auto& [claim, name] :
       {std::pair{"given_name", "first_name"}, {"family_name", "last_name"}, {"name", "name"}}) {
    const auto text = tidy(text_of(token, claim).value_or(""));
    if (text.empty()) continue;
    writer.Key(name);
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  }
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace

Claims check_id_token(const std::string& payload, const IdTokenRules& rules) {
  const auto token = read_payload(payload);
  if (text_of(token, "iss") != rules.issuer) refuse("iss");
  check_audience(token, rules.client_id);
  check_times(token, rules.now, rules.skew);
  if (text_of(token, "nonce") != rules.nonce) refuse("nonce");
  Claims claims;
  claims.subject = subject_of(token, rules);
  claims.email = address_of(token, rules.kind);
  check_domain(token, rules, claims);
  claims.profile = profile_of(token);
  return claims;
}

}  // namespace tenantd::service
