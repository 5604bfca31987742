#include "tenantd/crypto/password.hpp"

#include <argon2.h>
#include <crypt.h>
#include <string.h>

#include <array>
#include <cctype>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <tuple>

#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "unicode.hpp"

namespace tenantd::crypto {
namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kMaxStoredBytes = 512;

// What a stored hash may cost, so that a bad import cannot hang a worker: 1 GiB, 64 passes, together no more
// than 4 GiB filled (some seconds); bcrypt cost 16 (some seconds).
constexpr std::uint32_t kMaxMemoryKib = 1U << 20;
constexpr std::uint32_t kMaxPasses = 64;
constexpr std::uint64_t kMaxKibPasses = 1ULL << 22;
constexpr std::uint32_t kMaxLanes = 64;
constexpr int kMaxBcryptCost = 16;

constexpr std::size_t kBcryptCharacters = 60;
constexpr std::size_t kBcryptSeesBytes = 72;

// The parts of an Argon2 PHC string that decide what verifying costs; salt and hash are libargon2's to read.
struct Phc {
  argon2_type type;
  std::int64_t version;
  Argon2Params params;
};

std::optional<argon2_type> parse_type(std::string_view name) {
  if (name == "argon2id") return Argon2_id;
  if (name == "argon2i") return Argon2_i;
  if (name == "argon2d") return Argon2_d;
  return std::nullopt;
}

std::optional<std::int64_t> parse_number(std::string_view part, std::string_view name) {
  if (!part.starts_with(name)) return std::nullopt;
  const auto number = parse_int(part.substr(name.size()));
  return number && *number > 0 && *number <= UINT32_MAX ? number : std::nullopt;
}

std::optional<Argon2Params> parse_params(std::string_view part) {
  const auto fields = split(part, ',');
  if (fields.size() != 3) return std::nullopt;
  const auto memory = parse_number(fields[0], "m=");
  const auto passes = parse_number(fields[1], "t=");
  const auto lanes = parse_number(fields[2], "p=");
  if (!memory || !passes || !lanes) return std::nullopt;
  return Argon2Params{static_cast<std::uint32_t>(*memory), static_cast<std::uint32_t>(*passes),
                      static_cast<std::uint32_t>(*lanes)};
}

// Reads $type[$v=19]$m=…,t=…,p=…$salt$hash; without a version it is 16 (1.0), as libargon2 takes it.
std::optional<Phc> parse_phc(std::string_view stored) {
  if (stored.size() > kMaxStoredBytes || stored.find('\0') != std::string_view::npos) return std::nullopt;
  const auto parts = split(stored, '$');
  if ((parts.size() != 5 && parts.size() != 6) || !parts[0].empty()) return std::nullopt;
  const auto type = parse_type(parts[1]);
  const auto version = parts.size() == 6 ? parse_number(parts[2], "v=") : ARGON2_VERSION_10;
  const auto params = parse_params(parts[parts.size() - 3]);
  if (!type || !version || !params) return std::nullopt;
  return Phc{*type, *version, *params};
}

bool affordable(const Argon2Params& params) {
  return params.memory_kib <= kMaxMemoryKib && params.passes <= kMaxPasses && params.lanes <= kMaxLanes &&
         std::uint64_t{params.memory_kib} * params.passes <= kMaxKibPasses;
}

// Throws std::runtime_error for costs that libargon2 or verify_argon2 would refuse later.
void require_usable(const Argon2Params& params) {
  const bool least = params.passes >= 1 && params.lanes >= 1 && params.memory_kib >= 8ULL * params.lanes;
  if (least && affordable(params)) return;
  throw std::runtime_error(
      "These Argon2 costs cannot be used: memory from 8 KiB a lane to 1 GiB, passes from 1 to 64, lanes from "
      "1 to "
      "64, and memory times passes up to 4 GiB");
}

bool verify_argon2(const Secret& password, const std::string& stored) {
  const auto phc = parse_phc(stored);
  if (!phc || !affordable(phc->params)) return false;
  const int result =
      argon2_verify(stored.c_str(), password.reveal().data(), password.reveal().size(), phc->type);
  // Want of memory says nothing about the password; it must not count as a failed sign-in.
  if (result == ARGON2_MEMORY_ALLOCATION_ERROR || result == ARGON2_THREAD_FAIL)
    throw std::runtime_error(std::string{"Verifying a password failed: "} + argon2_error_message(result));
  return result == ARGON2_OK;
}

bool is_bcrypt(std::string_view stored) {
  if (stored.size() != kBcryptCharacters || stored.find('\0') != std::string_view::npos) return false;
  if (!stored.starts_with("$2a$") && !stored.starts_with("$2b$") && !stored.starts_with("$2y$")) return false;
  const auto cost = parse_int(stored.substr(4, 2));
  return cost && *cost <= kMaxBcryptCost;
}

// bcrypt reads 72 bytes, so that for it a longer password equals its beginning; such a one is false, after
// the same work, and its owner resets it.
bool verify_bcrypt(const Secret& password, const std::string& stored) {
  const auto data = std::make_unique<crypt_data>();
  const char* hash = ::crypt_r(password.reveal().c_str(), stored.c_str(), data.get());
  const bool equal = hash != nullptr && constant_time_equal(hash, stored);
  ::explicit_bzero(data.get(), sizeof(crypt_data));
  return equal && password.reveal().size() <= kBcryptSeesBytes;
}

// Of an unpadded base64 text (RFC 4648 section 4); 0 if it is none.
std::size_t decoded_bytes(std::string_view text) {
  for (const char c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '+' && c != '/') return 0;
  return text.size() % 4 == 1 ? 0 : text.size() * 3 / 4;
}

std::optional<std::string> judge_foreign_bcrypt(const std::string& stored) {
  if (!is_bcrypt(stored) || stored[6] != '$') return "is no whole bcrypt hash of 60 characters";
  const auto cost = parse_int(std::string_view{stored}.substr(4, 2));
  if (*cost < 4 || *cost > 14) return "is bcrypt of a cost outside 4 to 14";
  for (const char c : stored.substr(7))
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '/')
      return "is no whole bcrypt hash of 60 characters";
  return std::nullopt;
}

std::optional<std::string> judge_foreign_argon2(const std::string& stored) {
  const auto phc = parse_phc(stored);
  const auto parts = split(stored, '$');
  const bool whole = phc && phc->type == Argon2_id && stored.size() <= 255 &&
                     (phc->version == ARGON2_VERSION_13 || phc->version == ARGON2_VERSION_10) &&
                     decoded_bytes(parts[parts.size() - 2]) >= 8 && decoded_bytes(parts.back()) >= 16;
  if (!whole) return "is no whole Argon2id hash in PHC form";
  const auto& p = phc->params;
  const bool bearable = p.memory_kib >= 8ULL * p.lanes && p.memory_kib <= 1U << 18 && p.passes <= 16 &&
                        p.lanes <= 16 && std::uint64_t{p.memory_kib} * p.passes <= 1U << 20;
  if (!bearable) return "is Argon2id of costs outside 256 MiB, 16 passes, 16 lanes and 1 GiB filled";
  return std::nullopt;
}

std::string unpadded_base64(std::string_view bytes) {
  std::string text = base64_encode(bytes);
  while (text.ends_with('=')) text.pop_back();
  return text;
}

}  // namespace

std::optional<Secret> normalize_password(std::string_view typed) {
  if (typed.size() > kPasswordMaxBytes || typed.find('\0') != std::string_view::npos) return std::nullopt;
  if (!is_utf8(typed)) return std::nullopt;
  auto normalized = to_nfkc(typed);
  if (!normalized || normalized->reveal().size() > kPasswordMaxBytes) return std::nullopt;
  return normalized;
}

std::string hash_password(const Secret& password, const Argon2Params& params) {
  require_usable(params);
  const std::string salt = random_bytes(kSaltBytes);
  std::array<char, kMaxStoredBytes> encoded{};
  const int result = argon2id_hash_encoded(params.passes, params.memory_kib, params.lanes,
                                           password.reveal().data(), password.reveal().size(), salt.data(),
                                           salt.size(), kHashBytes, encoded.data(), encoded.size());
  if (result != ARGON2_OK)
    throw std::runtime_error(std::string{"Hashing a password failed: "} + argon2_error_message(result));
  return encoded.data();
}

bool verify_password(const Secret& password, const std::string& stored) {
  // Only a password that skipped normalize_password can hold a NUL, where bcrypt would stop reading.
  if (password.reveal().find('\0') != std::string::npos) return false;
  return is_bcrypt(stored) ? verify_bcrypt(password, stored) : verify_argon2(password, stored);
}

std::optional<std::string> judge_foreign_hash(const std::string& stored) {
  if (stored.starts_with("$2")) return judge_foreign_bcrypt(stored);
  if (stored.starts_with("$argon2id$")) return judge_foreign_argon2(stored);
  return "is neither bcrypt nor Argon2id in PHC form";
}

bool needs_rehash(const std::string& stored, const Argon2Params& params) {
  const auto phc = parse_phc(stored);
  if (!phc || phc->type != Argon2_id || phc->version != ARGON2_VERSION_13) return true;
  return phc->params.memory_kib < params.memory_kib || phc->params.passes < params.passes ||
         phc->params.lanes < params.lanes;
}

const std::string& decoy_hash(const Argon2Params& params) {
  require_usable(params);
  static std::mutex mutex;
  static std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, std::string> decoys;
  const std::lock_guard guard{mutex};
  auto& decoy = decoys[{params.memory_kib, params.passes, params.lanes}];
  // Random bytes in the hash's place: that a password has this hash is as likely as guessing 256 bits.
  if (decoy.empty())
    decoy = "$argon2id$v=19$m=" + std::to_string(params.memory_kib) + ",t=" + std::to_string(params.passes) +
            ",p=" + std::to_string(params.lanes) + "$" + unpadded_base64(random_bytes(kSaltBytes)) + "$" +
            unpadded_base64(random_bytes(kHashBytes));
  return decoy;
}

}  // namespace tenantd::crypto
