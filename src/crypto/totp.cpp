#include "tenantd/crypto/totp.hpp"

#include <liboath/oath.h>
#include <utf8proc.h>

#include <cctype>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "unicode.hpp"

namespace tenantd::crypto {
namespace {

constexpr std::size_t kTotpSecretBytes = 20;
constexpr std::size_t kCodeCharacters = 10;
// Without i, l, o and u, which are misread: five bits a character.
constexpr std::string_view kAlphabet = "abcdefghjkmnpqrstvwxyz0123456789";
static_assert(kAlphabet.size() == 32);

void require(int status) {
  if (status != OATH_OK) throw std::runtime_error(std::string{"one-time password: "} + oath_strerror(status));
}

// 0 to 9. Unicode's digits lie in rows of ten that begin at a multiple of 16, or 6 behind one.
char digit_of(utf8proc_int32_t code_point) {
  const auto row = code_point & ~0xF;
  const bool from_start = utf8proc_category(row) == UTF8PROC_CATEGORY_ND;
  return static_cast<char>('0' + (code_point - row - (from_start ? 0 : 6)) % 10);
}

// Nothing for what only sets digits apart or cannot be seen.
void append_plain(std::string& plain, utf8proc_int32_t code_point) {
  const auto category = utf8proc_category(code_point);
  const bool apart = category == UTF8PROC_CATEGORY_PD || category == UTF8PROC_CATEGORY_ZS ||
                     category == UTF8PROC_CATEGORY_CF || code_point == 0x2212;
  if (apart) return;
  if (code_point >= 0x80 && category == UTF8PROC_CATEGORY_ND) {
    plain += digit_of(code_point);
    return;
  }
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto length = utf8proc_encode_char(code_point, bytes.data());
  plain.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length));
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

Secret new_totp_secret() { return Secret{random_bytes(kTotpSecretBytes)}; }

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

std::string plain_code(std::string_view typed) {
  constexpr std::size_t kMaxBytes = 1024;
  const auto folded = typed.size() <= kMaxBytes && is_utf8(typed) ? fold_case(typed) : std::nullopt;
  if (!folded) return {};
  std::string plain;
  const auto& text = folded->reveal();
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  utf8proc_int32_t code_point = 0;
  for (utf8proc_ssize_t length = 0; left > 0; at += length, left -= length) {
    length = utf8proc_iterate(at, left, &code_point);
    if (length <= 0) return {};
    append_plain(plain, code_point);
  }
  return plain;
}

std::optional<std::int64_t> totp_step(const Secret& secret, std::string_view typed, TimePoint now) {
  const auto code = plain_code(typed);
  std::optional<std::int64_t> found;
  for (const int offset : {-1, 0, 1}) {
    const TimePoint time = now + offset * kTotpStep;
    if (constant_time_equal(code, totp_code(secret, time))) found = unix_seconds(time) / kTotpStep.count();
  }
  return found;
}

std::string totp_uri(const Secret& secret, const std::string& issuer, const std::string& account) {
  return "otpauth://totp/" + percent_encode(issuer) + ':' + percent_encode(account) +
         "?secret=" + base32(secret) + "&issuer=" + percent_encode(issuer) +
         "&algorithm=SHA1&digits=" + std::to_string(kTotpDigits) +
         "&period=" + std::to_string(kTotpStep.count());
}

std::array<Secret, kRecoveryCodes> new_recovery_codes() {
  std::array<Secret, kRecoveryCodes> codes;
  for (auto& code : codes) code = new_recovery_code();
  return codes;
}

std::string recovery_code_hash(const KeyRing& keys, std::string_view typed) {
  return hmac_sha256(keys.seal_key().reveal(), "recovery-code:" + plain_code(typed));
}

}  // namespace tenantd::crypto
