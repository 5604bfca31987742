#include "foreign_forms.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

#include "argon2_phc.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::crypto::foreign {
namespace {

constexpr std::size_t kMaxBytes = 512;
constexpr std::size_t kBcryptCharacters = 60;

using Parts = std::vector<std::string_view>;

// Base64 of either alphabet, or passlib's, with or without its padding.
std::optional<std::string> from_base64(std::string_view text) {
  std::string known{text};
  std::replace(known.begin(), known.end(), '.', '+');
  return base64_decode(known);
}

std::optional<Digest> digest_named(std::string_view name) {
  if (name == "sha1" || name.empty()) return Digest{"SHA1", 20};
  if (name == "sha256") return Digest{"SHA256", 32};
  if (name == "sha512") return Digest{"SHA512", 64};
  return std::nullopt;
}

std::optional<std::int64_t> positive(std::string_view text) {
  const auto number = parse_int(text);
  return number && *number > 0 && *number <= INT32_MAX ? number : std::nullopt;
}

// Of "ln=14,r=8,p=1" the one that is called so.
std::optional<std::int64_t> named(std::string_view fields, std::string_view name) {
  for (const auto field : split(fields, ','))
    if (field.size() > name.size() && field.starts_with(name) && field[name.size()] == '=')
      return positive(field.substr(name.size() + 1));
  return std::nullopt;
}

bool is_salt_and_hash(const std::optional<std::string>& salt, const std::optional<std::string>& hash) {
  return salt && hash && !salt->empty() && hash->size() >= 16 && hash->size() <= 64;
}

std::optional<Form> make_pbkdf2(std::string_view digest, std::optional<std::int64_t> rounds,
                                const std::optional<std::string>& salt,
                                const std::optional<std::string>& hash) {
  const auto known = digest_named(digest);
  if (!known || !rounds || !is_salt_and_hash(salt, hash)) return std::nullopt;
  return Pbkdf2{*known, *rounds, *salt, *hash};
}

std::optional<Form> make_scrypt(const ScryptCost& cost, const std::optional<std::string>& salt,
                                const std::optional<std::string>& hash,
                                Scrypt::Yields yields = Scrypt::Yields::hash) {
  if (!is_salt_and_hash(salt, hash)) return std::nullopt;
  return Scrypt{yields, cost, *salt, *hash};
}

// 0 costs nothing and is no cost, which is refused later.
std::uint64_t cost_of(std::optional<std::int64_t> number) {
  return static_cast<std::uint64_t>(number.value_or(0));
}
std::uint64_t power_of_two(std::optional<std::int64_t> log) { return log && *log < 32 ? 1ULL << *log : 0; }

std::optional<Form> parse_bcrypt(std::string_view text, Bcrypt::Of of) {
  if (text.size() != kBcryptCharacters || text[6] != '$') return std::nullopt;
  if (!text.starts_with("$2a$") && !text.starts_with("$2b$") && !text.starts_with("$2y$"))
    return std::nullopt;
  const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  const bool whole = is_digit(text[4]) && is_digit(text[5]) &&
                     std::all_of(text.begin() + 7, text.end(),
                                 [](char c) { return kCryptAlphabet.find(c) != std::string_view::npos; });
  if (!whole) return std::nullopt;
  return Bcrypt{of, std::string{text}};
}

std::optional<Form> parse_argon2(std::string_view text) {
  const auto phc = parse_phc(text);
  const bool whole = phc && (phc->version == ARGON2_VERSION_13 || phc->version == ARGON2_VERSION_10) &&
                     phc->salt_bytes >= 8 && phc->hash_bytes >= 16;
  if (!whole) return std::nullopt;
  return Argon2{std::string{text}};
}

// $pbkdf2-sha256$i=27500$salt$hash, or passlib's with the bare number.
std::optional<Form> parse_pbkdf2_phc(const Parts& parts) {
  if (parts.size() != 5) return std::nullopt;
  auto digest = parts[1].substr(std::string_view{"pbkdf2"}.size());
  if (digest.starts_with('-')) digest.remove_prefix(1);
  const auto rounds = parts[2].starts_with("i=") ? named(parts[2], "i") : positive(parts[2]);
  return make_pbkdf2(digest, rounds, from_base64(parts[3]), from_base64(parts[4]));
}

// $scrypt$ln=14,r=8,p=1$salt$hash
std::optional<Form> parse_scrypt_phc(const Parts& parts) {
  if (parts.size() != 5) return std::nullopt;
  const auto& costs = parts[2];
  return make_scrypt(
      {power_of_two(named(costs, "ln")), cost_of(named(costs, "r")), cost_of(named(costs, "p"))},
      from_base64(parts[3]), from_base64(parts[4]));
}

// Django's pbkdf2_sha256$rounds$salt$hash and scrypt$salt$n$r$p$hash, whose salts are texts.
std::optional<Form> parse_django(const Parts& parts) {
  if (parts.size() == 4 && parts[0].starts_with("pbkdf2_"))
    return make_pbkdf2(parts[0].substr(7), positive(parts[1]), std::string{parts[2]}, from_base64(parts[3]));
  if (parts.size() == 6 && parts[0] == "scrypt")
    return make_scrypt(
        {cost_of(positive(parts[2])), cost_of(positive(parts[3])), cost_of(positive(parts[4]))},
        std::string{parts[1]}, from_base64(parts[5]));
  return std::nullopt;
}

// Werkzeug's pbkdf2:sha256:rounds$salt$hex and scrypt:n:r:p$salt$hex.
std::optional<Form> parse_werkzeug(const Parts& parts) {
  if (parts.size() != 3) return std::nullopt;
  const auto method = split(parts[0], ':');
  if (method.size() == 3 && method[0] == "pbkdf2")
    return make_pbkdf2(method[1], positive(method[2]), std::string{parts[1]}, from_hex(parts[2]));
  if (method.size() == 4 && method[0] == "scrypt")
    return make_scrypt(
        {cost_of(positive(method[1])), cost_of(positive(method[2])), cost_of(positive(method[3]))},
        std::string{parts[1]}, from_hex(parts[2]));
  return std::nullopt;
}

// $fbscrypt$v=1,n=14,r=8,p=1,ss=…,sk=…$salt$hash: the hash is the project's signer key, enciphered. Their
// difference is the key stream, so that the signer key need not be kept. Ours, without sk and ss, has that
// in the hash's place.
std::optional<Form> parse_firebase(const Parts& parts) {
  if (parts.size() != 5) return std::nullopt;
  const auto field = [&](std::string_view name) -> std::optional<std::string> {
    for (const auto each : split(parts[2], ','))
      if (each.starts_with(name)) return from_base64(each.substr(name.size()));
    return std::string{};
  };
  const auto separator = field("ss="), key = field("sk=");
  auto salt = from_base64(parts[3]), hash = from_base64(parts[4]);
  if (!separator || !key || !salt || !hash) return std::nullopt;
  if (!key->empty() && key->size() != hash->size()) return std::nullopt;
  for (std::size_t i = 0; i < key->size(); ++i) (*hash)[i] = static_cast<char>((*hash)[i] ^ (*key)[i]);
  const auto p =
      parts[2].find("p=") == std::string_view::npos ? std::uint64_t{1} : cost_of(named(parts[2], "p"));
  return make_scrypt({power_of_two(named(parts[2], "n")), cost_of(named(parts[2], "r")), p},
                     *salt + *separator, hash, Scrypt::Yields::cipher_key);
}

// Five characters of crypt's alphabet, the lowest six bits first.
std::uint64_t crypt_number(std::string_view text) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto at = kCryptAlphabet.find(text[i]);
    if (at == std::string_view::npos) return 0;
    number |= std::uint64_t{at} << (6 * i);
  }
  return number;
}

// $7$, one character of log n, five of r, five of p, salt, $, hash.
std::optional<Form> parse_crypt_scrypt(std::string_view text) {
  if (text.size() < 14 + 1 + 43 || split(text, '$').size() != 4) return std::nullopt;
  const auto log = kCryptAlphabet.find(text[3]);
  if (log == std::string_view::npos || log == 0) return std::nullopt;
  return CryptScrypt{{power_of_two(static_cast<std::int64_t>(log)), crypt_number(text.substr(4, 5)),
                      crypt_number(text.substr(9, 5))},
                     std::string{text}};
}

// $P$ or $H$ (MD5), $S$ (SHA-512): a character of log rounds, eight of salt, the hash.
std::optional<Form> parse_phpass(std::string_view text) {
  const bool wide = text.starts_with("$S$");
  if (text.size() != (wide ? 55U : 34U)) return std::nullopt;
  for (const char c : text.substr(3))
    if (kCryptAlphabet.find(c) == std::string_view::npos) return std::nullopt;
  const auto log = static_cast<std::int64_t>(kCryptAlphabet.find(text[3]));
  return Phpass{wide ? Digest{"SHA512", 64} : Digest{"MD5", 16}, log, std::string{text.substr(4, 8)},
                std::string{text.substr(12)}};
}

}  // namespace

std::string_view unwrapped(std::string_view text) {
  for (const std::string_view prefix : {"{bcrypt}", "{CRYPT}", "{crypt}", "{argon2}", "bcrypt$"})
    if (text.starts_with(prefix)) return text.substr(prefix.size());
  if (text.starts_with("argon2$")) return text.substr(6);
  return text;
}

std::optional<Form> parse(std::string_view whole) {
  if (whole.size() > kMaxBytes || whole.find('\0') != std::string_view::npos) return std::nullopt;
  const auto text = unwrapped(whole);
  constexpr std::string_view kDjangoSha = "bcrypt_sha256$", kWordpress = "$wp";
  if (text.starts_with("$2")) return parse_bcrypt(text, Bcrypt::Of::password);
  if (text.starts_with(kDjangoSha))
    return parse_bcrypt(text.substr(kDjangoSha.size()), Bcrypt::Of::sha256_hex);
  if (text.starts_with(kWordpress))
    return parse_bcrypt(text.substr(kWordpress.size()), Bcrypt::Of::wordpress);
  if (text.starts_with("$argon2")) return parse_argon2(text);
  if (text.starts_with("$7$")) return parse_crypt_scrypt(text);
  if (text.starts_with("$P$") || text.starts_with("$H$") || text.starts_with("$S$"))
    return parse_phpass(text);
  const auto parts = split(text, '$');
  if (text.starts_with("$pbkdf2")) return parse_pbkdf2_phc(parts);
  if (text.starts_with("$scrypt$")) return parse_scrypt_phc(parts);
  if (text.starts_with("$fbscrypt$")) return parse_firebase(parts);
  if (auto form = parse_django(parts)) return form;
  return parse_werkzeug(parts);
}

}  // namespace tenantd::crypto::foreign
