#include "tenantd/crypto/signed_token.hpp"

#include <stdexcept>

#include "rsa_key.hpp"
#include "signing_key.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::crypto {
namespace {

constexpr std::size_t kMostOwnBytes = 8192;

// Neither kid nor typ needs JSON escapes.
std::string header_of(std::string_view alg, std::string_view typ, std::string_view kid) {
  std::string text = R"({"alg":")";
  text.append(alg).append(R"(","typ":")").append(typ).append(R"(","kid":")").append(kid).append("\"}");
  return base64url_encode(text);
}

bool is_signed_by_us(const KeyRing& keys, const json::Value& header, std::string_view text,
                     std::string_view signature) {
  const auto kid = json::text_of(header, "kid");
  const auto alg = json::text_of(header, "alg");
  if (alg == "EdDSA") {
    const auto* key = keys.find(kid);
    return key != nullptr && key->verify(text, signature);
  }
  const auto* key = alg == "RS256" ? keys.find_rsa(kid) : nullptr;
  return key != nullptr && key->verify(text, signature);
}

}  // namespace

std::string sign_token(const KeyRing& keys, TokenAlg alg, std::string_view typ, std::string_view payload,
                       TimePoint now) {
  if (alg == TokenAlg::eddsa) {
    const auto& key = keys.active(now);
    const auto text = header_of("EdDSA", typ, key.kid()) + '.' + base64url_encode(payload);
    return text + '.' + base64url_encode(key.sign(text));
  }
  const auto* key = keys.active_rsa(now);
  if (key == nullptr)
    throw std::runtime_error("there is no RSA key for ID tokens: run `tenantctl keys create`");
  const auto text = header_of("RS256", typ, key->kid()) + '.' + base64url_encode(payload);
  return text + '.' + base64url_encode(key->sign(text));
}

std::optional<std::string> open_own_token(const KeyRing& keys, std::string_view typ,
                                          std::string_view compact) {
  if (compact.size() > kMostOwnBytes) return std::nullopt;
  const auto segments = split(compact, '.');
  if (segments.size() != 3) return std::nullopt;
  const auto header_text = base64url_decode(segments[0]);
  auto payload = base64url_decode(segments[1]);
  const auto signature = base64url_decode(segments[2]);
  if (!header_text || !payload || !signature) return std::nullopt;
  const auto header = json::read_object(*header_text);
  if (!header || json::names_twice(*header) || header->MemberCount() != 3 ||
      json::text_of(*header, "typ") != typ)
    return std::nullopt;
  const auto text = compact.substr(0, segments[0].size() + 1 + segments[1].size());
  if (!is_signed_by_us(keys, *header, text, *signature)) return std::nullopt;
  return payload;
}

}  // namespace tenantd::crypto
