// Hashes of passwords that other systems made: bcrypt as it is and as Django and WordPress wrap it, PBKDF2
// (PHC, Django, Werkzeug), scrypt (PHC, Django, Werkzeug, crypt's $7$, Firebase), phpass, and Argon2.
#pragma once

#include <string>
#include <string_view>

#include "tenantd/base/secret.hpp"
#include "tenantd/crypto/password.hpp"

namespace tenantd::crypto {

// In front of an Argon2 hash that was imported, which would be taken for one of our own otherwise.
inline constexpr std::string_view kAdopted = "adopted:";

// True if `password`, byte by byte, is the one of `stored`, which is what adopt_hash() returned. False for
// any other form, and for costs that adopt_hash() would refuse. Throws std::runtime_error for want of memory.
bool verify_foreign(const Secret& password, const std::string& stored);

}  // namespace tenantd::crypto
