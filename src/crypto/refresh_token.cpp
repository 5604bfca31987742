#include "tenantd/base/bytes.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/jwt.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::crypto {
namespace {

constexpr std::size_t kSessionBytes = 16;
constexpr std::size_t kCounterBytes = 8;
constexpr std::size_t kBodyBytes = kSessionBytes + kCounterBytes;
constexpr std::size_t kMacBytes = 32;
constexpr std::size_t kTokenCharacters = ((kBodyBytes + kMacBytes) * 8 + 5) / 6;
static_assert(kTokenCharacters == 75);

}  // namespace

std::string make_refresh_token(const KeyRing& keys, const RefreshClaims& claims) {
  const std::string body = std::string{claims.session.raw()} + big_endian(claims.counter, kCounterBytes);
  return base64url_encode(body + hmac_sha256(keys.refresh_key().reveal(), body));
}

std::optional<RefreshClaims> open_refresh_token(const KeyRing& keys, std::string_view token) {
  if (token.size() != kTokenCharacters) return std::nullopt;
  const auto bytes = base64url_decode(token);
  if (!bytes) return std::nullopt;
  const auto body = std::string_view{*bytes}.substr(0, kBodyBytes);
  const auto mac = std::string_view{*bytes}.substr(kBodyBytes);
  if (!constant_time_equal(mac, hmac_sha256(keys.refresh_key().reveal(), body))) return std::nullopt;
  const auto session = SessionId::from_raw(body.substr(0, kSessionBytes));
  if (!session) return std::nullopt;
  return RefreshClaims{*session, from_big_endian(body.substr(kSessionBytes))};
}

}  // namespace tenantd::crypto
