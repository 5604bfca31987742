// Argon2's PHC strings: $type[$v=19]$m=…,t=…,p=…$salt$hash.
#pragma once

#include <argon2.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tenantd/base/secret.hpp"
#include "tenantd/crypto/password.hpp"

namespace tenantd::crypto {

inline constexpr std::size_t kMaxPhcBytes = 512;

// The parts that decide what verifying costs; salt and hash are libargon2's to read.
struct Phc {
  argon2_type type;
  std::int64_t version;
  Argon2Params params;
  std::size_t salt_bytes;  // 0: no base64
  std::size_t hash_bytes;
};

// nullopt unless `stored` has the form. Without a version it is 16 (1.0), as libargon2 takes it.
std::optional<Phc> parse_phc(std::string_view stored);

// What a stored hash may cost, so that none can hang a worker: 1 GiB, 64 passes, 64 lanes, together no more
// than 4 GiB filled (some seconds).
bool affordable(const Argon2Params& params);

// False also for a hash that is none or not affordable. Throws std::runtime_error if the memory cannot be
// had.
bool verify_argon2(const Secret& password, const std::string& stored);

}  // namespace tenantd::crypto
