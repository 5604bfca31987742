#include "foreign_hash.hpp"

#include <algorithm>
#include <variant>

#include "argon2_phc.hpp"
#include "foreign_forms.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::crypto {
namespace {

using namespace foreign;

// Less than what our own hashes may cost: the author of an imported file chooses what each of these sign-ins
// costs, and a wrong password is held against up to three spellings.
constexpr std::int64_t kMaxBcryptCost = 14;
// Rounds times blocks of the digest: a second or so, of which three still end before REQUEST_CPU_SECONDS.
constexpr std::int64_t kMaxPbkdf2Blocks = 2'000'000;
constexpr std::int64_t kMaxLongPbkdf2Blocks = 1'000'000;  // of SHA-384 and SHA-512
constexpr std::uint64_t kMaxScryptBytes = 1ULL << 28;     // filled altogether
constexpr std::int64_t kMaxPhpassLog = 18;
constexpr std::size_t kMaxStoredBytes = 255;  // the column's

std::string judge_scrypt(const ScryptCost& cost) {
  // One after the other, so that no product overflows.
  const bool bearable = cost.n >= 2 && cost.n <= kMaxScryptBytes && (cost.n & (cost.n - 1)) == 0 &&
                        cost.r >= 1 && cost.r <= 64 && cost.p >= 1 && cost.p <= 64 &&
                        128 * cost.n * cost.r * cost.p <= kMaxScryptBytes;
  return bearable ? "" : "is scrypt of costs that are none or fill more than 256 MiB";
}

// Why it costs too much; empty = it does not.
std::string judge(const Bcrypt& form) {
  const auto cost = parse_int(std::string_view{form.hash}.substr(4, 2)).value_or(0);
  return cost >= 4 && cost <= kMaxBcryptCost ? "" : "is bcrypt of a cost outside 4 to 14";
}
std::string judge(const Argon2& form) {
  const auto p = parse_phc(form.phc).value().params;
  const bool bearable = p.memory_kib >= 8ULL * p.lanes && p.memory_kib <= 1U << 18 && p.passes <= 16 &&
                        p.lanes <= 16 && std::uint64_t{p.memory_kib} * p.passes <= 1U << 20;
  return bearable ? "" : "is Argon2 of costs outside 256 MiB, 16 passes, 16 lanes and 1 GiB filled";
}
std::string judge(const Pbkdf2& form) {
  const auto blocks =
      static_cast<std::int64_t>((form.hash.size() + form.digest.bytes - 1) / form.digest.bytes);
  const auto most = form.digest.bytes > 32 ? kMaxLongPbkdf2Blocks : kMaxPbkdf2Blocks;
  return form.rounds * blocks <= most ? "" : "is PBKDF2 of more than " + std::to_string(most) + " rounds";
}
std::string judge(const Scrypt& form) { return judge_scrypt(form.cost); }
std::string judge(const CryptScrypt& form) { return judge_scrypt(form.cost); }
std::string judge(const Phpass& form) {
  return form.log_rounds >= 7 && form.log_rounds <= kMaxPhpassLog ? ""
                                                                  : "is phpass of a cost outside 7 to 18";
}

// libxcrypt's bcrypt reads 72 bytes, as the origin's did.
bool verifies(const Bcrypt& form, const Secret& password) {
  switch (form.of) {
    case Bcrypt::Of::password: return constant_time_equal(crypt_hash(password, form.hash), form.hash);
    case Bcrypt::Of::sha256_hex:
      return constant_time_equal(crypt_hash(Secret{to_hex(digest("SHA256", password.reveal()))}, form.hash),
                                 form.hash);
    case Bcrypt::Of::wordpress:
      return constant_time_equal(
          crypt_hash(Secret{base64_encode(hmac("SHA384", "wp-sha384", password.reveal()))}, form.hash),
          form.hash);
  }
  return false;
}
bool verifies(const Argon2& form, const Secret& password) { return verify_argon2(password, form.phc); }
bool verifies(const Pbkdf2& form, const Secret& password) {
  return constant_time_equal(
      pbkdf2(form.digest.name, password, form.salt, static_cast<int>(form.rounds), form.hash.size()),
      form.hash);
}
bool verifies(const Scrypt& form, const Secret& password) {
  if (form.yields == Scrypt::Yields::hash)
    return constant_time_equal(scrypt(password, form.salt, form.cost, form.hash.size()), form.hash);
  return constant_time_equal(aes_stream(scrypt(password, form.salt, form.cost, 32), form.hash.size()),
                             form.hash);
}
bool verifies(const CryptScrypt& form, const Secret& password) {
  return constant_time_equal(crypt_hash(password, form.hash), form.hash);
}
// phpass writes three bytes as four characters, the lowest six bits first, and the rest likewise.
bool verifies(const Phpass& form, const Secret& password) {
  const auto hash = phpass(form.digest.name, password, form.salt, 1LL << form.log_rounds);
  std::string encoded;
  for (std::size_t i = 0; i < hash.size(); i += 3) {
    std::uint32_t bits = 0;
    const auto count = std::min<std::size_t>(3, hash.size() - i);
    for (std::size_t k = 0; k < count; ++k)
      bits |= std::uint32_t{static_cast<unsigned char>(hash[i + k])} << (8 * k);
    for (std::size_t k = 0; k <= count; ++k) encoded += kCryptAlphabet[(bits >> (6 * k)) & 63U];
  }
  // Drupal keeps the beginning alone.
  return constant_time_equal(encoded.substr(0, form.encoded.size()), form.encoded);
}

std::string stored_as(std::string_view text, const Form& form) {
  if (const auto* argon2 = std::get_if<Argon2>(&form)) return std::string{kAdopted} + argon2->phc;
  const auto* scrypt = std::get_if<Scrypt>(&form);
  if (scrypt == nullptr || scrypt->yields == Scrypt::Yields::hash) return std::string{unwrapped(text)};
  std::uint64_t log = 0;
  while (1ULL << log < scrypt->cost.n) ++log;
  return "$fbscrypt$n=" + std::to_string(log) + ",r=" + std::to_string(scrypt->cost.r) +
         ",p=" + std::to_string(scrypt->cost.p) + '$' + base64url_encode(scrypt->salt) + '$' +
         base64url_encode(scrypt->hash);
}

}  // namespace

AdoptedHash adopt_hash(std::string_view text) {
  const auto form = parse(text);
  if (!form) return {"", "is of no form that is known here, or not whole"};
  const auto fault = std::visit([](const auto& f) { return judge(f); }, *form);
  if (!fault.empty()) return {"", fault};
  auto stored = stored_as(text, *form);
  const bool is_ascii =
      std::all_of(stored.begin(), stored.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (stored.size() > kMaxStoredBytes || !is_ascii)
    return {"", "is longer than 255 characters or holds blanks"};
  return {std::move(stored), ""};
}

bool verify_foreign(const Secret& password, const std::string& stored) {
  const auto form =
      parse(stored.starts_with(kAdopted) ? std::string_view{stored}.substr(kAdopted.size()) : stored);
  if (!form || !std::visit([](const auto& f) { return judge(f); }, *form).empty()) return false;
  return std::visit([&](const auto& f) { return verifies(f, password); }, *form);
}

}  // namespace tenantd::crypto
