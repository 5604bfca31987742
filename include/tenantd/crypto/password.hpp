// Passwords: Argon2id (RFC 9106) as PHC strings; bcrypt hashes of imported users are verified and then
// replaced.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/base/secret.hpp"

namespace tenantd::crypto {

struct Argon2Params {
  std::uint32_t memory_kib = 19456;
  std::uint32_t passes = 2;
  std::uint32_t lanes = 1;
};

inline constexpr std::size_t kPasswordMaxBytes = 256;
inline constexpr std::size_t kPasswordMinCodePoints = 8;

// Returns the NFKC form of `typed` (Unicode 15 annex 15), the form that is hashed; nullopt if it is no
// well-formed UTF-8, holds NUL, or exceeds kPasswordMaxBytes before or after. Never truncates or folds case.
std::optional<Secret> normalize_password(std::string_view typed);

// Why a new password is refused; `detail` tells the user what would help.
struct PasswordProblem {
  std::string code;  // password_too_short, password_too_common, password_too_weak
  std::string detail;
};

// Judges a normalized new password: length, the common-password list, zxcvbn with `context` (e-mail, names,
// organization and service name) as known words, least score `min_score` (0–4). nullopt = acceptable.
std::optional<PasswordProblem> judge_password(const Secret& password, const std::vector<std::string>& context,
                                              int min_score);

// Returns a PHC string `$argon2id$v=19$m=…,t=…,p=…$salt$hash` with a fresh 16-byte salt.
// Throws std::runtime_error for costs outside what verify_password accepts (memory from 8 KiB a lane to 1
// GiB, 1 to 64 passes, 1 to 64 lanes, memory times passes up to 4 GiB), or if the memory cannot be had.
std::string hash_password(const Secret& password, const Argon2Params& params);

// Verifies against an Argon2 PHC string or a bcrypt string ($2a$, $2b$, $2y$), constant time in the
// comparison. A hash of any other form is false; so is one whose costs would hang a worker (Argon2 beyond the
// bounds above, bcrypt above cost 16), and a password over 72 bytes against bcrypt, which does not see the
// rest. Throws std::runtime_error if the memory cannot be had.
bool verify_password(const Secret& password, const std::string& stored);

// Why a hash that comes from elsewhere is not taken; nullopt = it is. Takes bcrypt ($2a$, $2b$, $2y$) of
// costs 4 to 14 and Argon2id as a whole PHC string, up to 256 MiB, 16 passes, 16 lanes, and memory times
// passes up to 1 GiB: less than verify_password does, since whoever wrote the file chooses what each of these
// sign-ins costs.
std::optional<std::string> judge_foreign_hash(const std::string& stored);

// True if `stored` is not Argon2id with at least `params`: to be re-hashed at the next sign-in.
bool needs_rehash(const std::string& stored, const Argon2Params& params);

// A valid PHC string of `params` that no password matches: verified against when the account is unknown, so
// that the reply takes the same time. Throws std::runtime_error as hash_password does: call it at start to
// check the settings.
const std::string& decoy_hash(const Argon2Params& params);

}  // namespace tenantd::crypto
