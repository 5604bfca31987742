#include "tenantd/crypto/jwt.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "signing_key.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::crypto {
namespace {

using Json = rapidjson::Value;

constexpr std::size_t kMaxTokenBytes = 4096;
constexpr std::size_t kHeaderMembers = 3;

std::string_view view(const Json& text) { return {text.GetString(), text.GetStringLength()}; }

bool has_duplicates(const Json& object) {
  for (auto a = object.MemberBegin(); a != object.MemberEnd(); ++a)
    for (auto b = object.MemberBegin(); b != a; ++b)
      if (a->name == b->name) return true;
  return false;
}

// Returns the object that `segment` encodes, or nullopt. A byte order mark or a NUL, which RapidJSON would
// skip or take for the end, refuses it; parsing is iterative, so that depth costs no stack.
std::optional<rapidjson::Document> decode_object(std::string_view segment) {
  constexpr unsigned flags = rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag;
  const auto json = base64url_decode(segment);
  if (!json || !json->starts_with('{') || json->find('\0') != std::string::npos) return std::nullopt;
  rapidjson::Document document;
  document.Parse<flags>(json->data(), json->size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  return document;
}

std::optional<std::string_view> text_member(const Json& object, const char* name) {
  const auto at = object.FindMember(name);
  if (at == object.MemberEnd() || !at->value.IsString()) return std::nullopt;
  return view(at->value);
}

template <class AnyId>
std::optional<AnyId> id_member(const Json& object, const char* name) {
  const auto text = text_member(object, name);
  return text ? AnyId::parse(*text) : std::nullopt;
}

std::optional<TimePoint> time_member(const Json& object, const char* name) {
  const auto at = object.FindMember(name);
  if (at == object.MemberEnd() || !at->value.IsInt64() || at->value.GetInt64() < 0) return std::nullopt;
  return from_unix(at->value.GetInt64());
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
  const auto kid = text_member(*header, "kid");
  if (!kid || text_member(*header, "alg") != "EdDSA" || text_member(*header, "typ") != "at+jwt")
    return nullptr;
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
  return claims;
}

// True if the token was made by and for `policy`, is valid at `now`, and has a name.
bool fits(const Json& payload, const TokenPolicy& policy, TimePoint now) {
  const auto not_before = time_member(payload, "nbf");
  const auto expires_at = time_member(payload, "exp");
  const auto name = text_member(payload, "jti");
  return text_member(payload, "iss") == policy.issuer && text_member(payload, "aud") == policy.audience &&
         name && !name->empty() && not_before && *not_before <= now && expires_at && now < *expires_at;
}

class Payload {
 public:
  Payload() { writer_.StartObject(); }
  void add(const char* name, std::string_view text) {
    writer_.Key(name);
    writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  }
  void add(const char* name, TimePoint time) {
    writer_.Key(name);
    writer_.Int64(unix_seconds(time));
  }
  void add_actor(UserId actor) {
    writer_.Key("act");
    writer_.StartObject();
    add("sub", actor.str());
    writer_.EndObject();
  }
  std::string encode() {
    writer_.EndObject();
    return base64url_encode({buffer_.GetString(), buffer_.GetSize()});
  }

 private:
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

}  // namespace

std::string sign_access_token(const KeyRing& keys, const TokenPolicy& policy, const AccessClaims& claims) {
  Payload payload;
  payload.add("iss", policy.issuer);
  payload.add("sub", claims.user.str());
  payload.add("aud", policy.audience);
  payload.add("exp", claims.expires_at);
  payload.add("iat", claims.issued_at);
  payload.add("nbf", claims.issued_at);
  payload.add("sid", claims.session.str());
  payload.add("jti", base64url_encode(random_bytes(16)));
  if (claims.org) payload.add("org", claims.org->str());
  if (claims.actor) payload.add_actor(*claims.actor);
  const SigningKey& key = keys.active(claims.issued_at);
  std::string token = key.token_header() + "." + payload.encode();
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
  if (!payload || has_duplicates(*payload) || !fits(*payload, policy, now)) return std::nullopt;
  return read_claims(*payload);
}

}  // namespace tenantd::crypto
