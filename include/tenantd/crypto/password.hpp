// Passwords: Argon2id (RFC 9106) as PHC strings; the hashes of imported users are verified as their origin
// did and then replaced.
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

// Verifies against an Argon2 PHC string or what adopt_hash() returned, byte by byte, constant time in the
// comparison. A hash of any other form is false; so is one whose costs would hang a worker (Argon2 beyond the
// bounds above, others beyond those of adopt_hash). Throws std::bad_alloc if the memory cannot be had.
bool verify_password(const Secret& password, const std::string& stored);

// Verifies what somebody typed. A hash of ours is of the normal form. One that was adopted is of what the
// origin made of it: tried are the bytes as typed, then their NFC, then the normal form. bcrypt reads 72
// bytes, as it did there; hash anew from the whole password. False for what normalize_password refuses.
bool verify_typed(std::string_view typed, const std::string& stored);

// A hash that another system made, as it is to be stored; or why it is not taken.
struct AdoptedHash {
  std::string stored;   // at most 255 characters of ASCII
  std::string problem;  // "is bcrypt of …"; empty = taken
};
// Takes bcrypt of costs 4 to 14 ($2a$, $2b$, $2y$, Django's bcrypt_sha256, WordPress' $wp), Argon2 as a PHC
// string up to 256 MiB, 16 passes, 16 lanes and 1 GiB filled, PBKDF2 with SHA-1, SHA-256 or SHA-512 up to
// 4,000,000 rounds (PHC, Django, Werkzeug), scrypt up to 256 MiB filled (PHC, Django, Werkzeug, crypt's $7$,
// and Firebase's as $fbscrypt$v=1,n=…,r=…,p=1,ss=…,sk=…$salt$hash), and phpass ($P$, $H$, Drupal's $S$).
AdoptedHash adopt_hash(std::string_view text);

// True if `stored` is not Argon2id with at least `params`: to be re-hashed at the next sign-in.
bool needs_rehash(const std::string& stored, const Argon2Params& params);

// A valid PHC string of `params` that no password matches: verified against when the account is unknown, so
// that the reply takes the same time. Throws std::runtime_error as hash_password does: call it at start to
// check the settings.
const std::string& decoy_hash(const Argon2Params& params);

}  // namespace tenantd::crypto
