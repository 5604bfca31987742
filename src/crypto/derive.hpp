// What other systems make of a password, by OpenSSL and libxcrypt. Every function throws std::runtime_error
// if the library fails, as for want of memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tenantd/base/secret.hpp"

namespace tenantd::crypto {

// PBKDF2 (RFC 8018) with the HMAC of `digest` ("SHA256").
std::string pbkdf2(const char* digest, const Secret& password, std::string_view salt, int iterations,
                   std::size_t length);

struct ScryptCost {
  std::uint64_t n = 0;  // a power of two
  std::uint64_t r = 0;
  std::uint64_t p = 0;
};
// scrypt (RFC 7914). Takes 128 · n · r bytes of memory.
std::string scrypt(const Secret& password, std::string_view salt, const ScryptCost& cost, std::size_t length);

// The digest ("SHA256", "MD5") of `bytes`.
std::string digest(const char* name, std::string_view bytes);
// phpass: the digest of salt and password, then `rounds` times that of the last digest and the password.
std::string phpass(const char* name, const Secret& password, std::string_view salt, std::int64_t rounds);
// HMAC (RFC 2104) with a digest of that name.
std::string hmac(const char* name, std::string_view key, std::string_view bytes);

// The first `length` bytes of AES-256's counter mode from zero under `key` of 32 bytes.
std::string aes_stream(std::string_view key, std::size_t length);

// crypt(3): `setting` is a salt or a whole hash. Empty if libxcrypt takes no such setting.
std::string crypt_hash(const Secret& password, const std::string& setting);

}  // namespace tenantd::crypto
