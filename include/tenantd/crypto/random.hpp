// Randomness from the kernel through OpenSSL, and ids made of it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tenantd/base/id.hpp"
#include "tenantd/base/secret.hpp"
#include "tenantd/base/time.hpp"

namespace tenantd::crypto {

// Returns `count` unpredictable bytes. Throws std::runtime_error if the generator fails.
std::string random_bytes(std::size_t count);

// Returns a UUIDv7 (RFC 9562 section 5.7): 48 bits of milliseconds, 74 random bits.
UuidBytes make_uuid7(std::int64_t milliseconds);

template <class AnyId>
AnyId new_id() {
  return AnyId{make_uuid7(now_milliseconds())};
}

// Returns a fresh bearer token: 32 random bytes as 43 base64url characters. Only its hash is ever stored.
Secret new_token();

// SHA-256 (FIPS 180-4), 32 raw bytes.
std::string sha256(std::string_view bytes);

// The same over pieces, one after the other.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void add(std::string_view bytes);
  // 32 raw bytes; nothing is added afterwards.
  std::string digest();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// HMAC-SHA256 (RFC 2104), 32 raw bytes.
std::string hmac_sha256(std::string_view key, std::string_view bytes);

}  // namespace tenantd::crypto
