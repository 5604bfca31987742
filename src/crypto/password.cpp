#include "tenantd/crypto/password.hpp"

#include <argon2.h>

#include <array>
#include <map>
#include <mutex>
#include <new>
#include <stdexcept>
#include <tuple>

#include "argon2_phc.hpp"
#include "foreign_hash.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "unicode.hpp"

namespace tenantd::crypto {
namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;

// Throws std::runtime_error for costs that libargon2 or verify_argon2 would refuse later.
void require_usable(const Argon2Params& params) {
  const bool least = params.passes >= 1 && params.lanes >= 1 && params.memory_kib >= 8ULL * params.lanes;
  if (least && affordable(params)) return;
  throw std::runtime_error(
      "These Argon2 costs cannot be used: memory from 8 KiB a lane to 1 GiB, passes from 1 to 64, lanes from "
      "1 to "
      "64, and memory times passes up to 4 GiB");
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
  std::array<char, kMaxPhcBytes> encoded{};
  const int result = argon2id_hash_encoded(params.passes, params.memory_kib, params.lanes,
                                           password.reveal().data(), password.reveal().size(), salt.data(),
                                           salt.size(), kHashBytes, encoded.data(), encoded.size());
  if (result == ARGON2_MEMORY_ALLOCATION_ERROR) throw std::bad_alloc();
  if (result != ARGON2_OK)
    throw std::runtime_error(std::string{"Hashing a password failed: "} + argon2_error_message(result));
  return encoded.data();
}

bool verify_password(const Secret& password, const std::string& stored) {
  // Only a password that skipped normalize_password can hold a NUL, where crypt(3) would stop reading.
  if (password.reveal().find('\0') != std::string::npos) return false;
  return stored.starts_with("$argon2") ? verify_argon2(password, stored) : verify_foreign(password, stored);
}

bool verify_typed(std::string_view typed, const std::string& stored) {
  const auto normal = normalize_password(typed);
  if (!normal) return false;
  if (stored.starts_with("$argon2")) return verify_password(*normal, stored);
  const Secret raw{std::string{typed}};
  if (verify_password(raw, stored)) return true;
  const auto composed = to_nfc(typed);
  const bool third = composed && !composed->equals(typed) && !composed->equals(normal->reveal());
  if (third && verify_password(*composed, stored)) return true;
  return !normal->equals(typed) && verify_password(*normal, stored);
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
            ",p=" + std::to_string(params.lanes) + "$" + base64_encode_unpadded(random_bytes(kSaltBytes)) +
            "$" + base64_encode_unpadded(random_bytes(kHashBytes));
  return decoy;
}

}  // namespace tenantd::crypto
