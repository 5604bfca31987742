#include "tenantd/crypto/totp.hpp"

#include <liboath/oath.h>

#include <cctype>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::crypto {
namespace {

constexpr std::size_t kSecretBytes = 20;
constexpr std::size_t kCodeCharacters = 10;
// Without i, l, o and u, which are misread: five bits a character.
constexpr std::string_view kAlphabet = "abcdefghjkmnpqrstvwxyz0123456789";
static_assert(kAlphabet.size() == 32);

void require(int status) {
  if (status != OATH_OK) throw std::runtime_error(std::string{"one-time password: "} + oath_strerror(status));
}

// Percent-encodes what is not unreserved in an URI (RFC 3986 section 2.3).
std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += '%' + to_hex({&c, 1});
    }
  }
  return out;
}

Secret new_recovery_code() {
  const auto bytes = random_bytes(kCodeCharacters);
  std::string code;
  for (const char byte : bytes) {
    if (code.size() == kCodeCharacters / 2) code += '-';
    code += kAlphabet[static_cast<unsigned char>(byte) % kAlphabet.size()];
  }
  return Secret{code};
}

}  // namespace

Secret new_totp_secret() { return Secret{random_bytes(kSecretBytes)}; }

std::string base32(const Secret& secret) {
  char* text = nullptr;
  std::size_t length = 0;
  require(oath_base32_encode(secret.reveal().data(), secret.reveal().size(), &text, &length));
  const std::unique_ptr<char, decltype(&std::free)> owner{text, std::free};
  return {text, length};
}

std::string totp_code(const Secret& secret, TimePoint time, int digits) {
  std::array<char, 16> code{};
  require(oath_totp_generate2(secret.reveal().data(), secret.reveal().size(), unix_seconds(time),
                              static_cast<unsigned>(kTotpStep.count()), 0, static_cast<unsigned>(digits), 0,
                              code.data()));
  return code.data();
}

std::optional<std::int64_t> totp_step(const Secret& secret, std::string_view code, TimePoint now) {
  std::optional<std::int64_t> found;
  for (const int offset : {-1, 0, 1}) {
    const TimePoint time = now + offset * kTotpStep;
    if (constant_time_equal(code, totp_code(secret, time))) found = unix_seconds(time) / kTotpStep.count();
  }
  return found;
}

std::string totp_uri(const Secret& secret, const std::string& issuer, const std::string& account) {
  return "otpauth://totp/" + escape(issuer) + ':' + escape(account) + "?secret=" + base32(secret) +
         "&issuer=" + escape(issuer) + "&algorithm=SHA1&digits=" + std::to_string(kTotpDigits) +
         "&period=" + std::to_string(kTotpStep.count());
}

std::array<Secret, kRecoveryCodes> new_recovery_codes() {
  std::array<Secret, kRecoveryCodes> codes;
  for (auto& code : codes) code = new_recovery_code();
  return codes;
}

std::string recovery_code_hash(const KeyRing& keys, std::string_view typed) {
  std::string plain = "recovery-code:";
  for (const char c : ascii_lower(typed))
    if (c != '-' && c != ' ') plain += c;
  return hmac_sha256(keys.seal_key().reveal(), plain);
}

}  // namespace tenantd::crypto
