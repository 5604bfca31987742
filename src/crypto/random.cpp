#include "tenantd/crypto/random.hpp"

#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <climits>
#include <stdexcept>

#include "openssl.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::crypto {
namespace {

constexpr std::size_t kSha256Bytes = 32;

// Fetched once: looking an algorithm up by name costs as much as hashing a short token.
const EVP_MD* sha256_algorithm() {
  static const Owned<EVP_MD> algorithm{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  require(algorithm != nullptr, "Fetching SHA-256");
  return algorithm.get();
}

void fill_random(unsigned char* out, std::size_t count) {
  if (count > INT_MAX) throw std::runtime_error("Too many random bytes at once");
  require(RAND_bytes(out, static_cast<int>(count)) == 1, "The random generator");
}

}  // namespace

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  fill_random(as_bytes(bytes.data()), count);
  return bytes;
}

UuidBytes make_uuid7(std::int64_t milliseconds) {
  UuidBytes bytes{};
  fill_random(bytes.data() + 6, bytes.size() - 6);
  const auto time = static_cast<std::uint64_t>(milliseconds);
  for (std::size_t i = 0; i < 6; ++i) bytes[i] = static_cast<std::uint8_t>(time >> (40 - 8 * i));
  bytes[6] = static_cast<std::uint8_t>(0x70U | (bytes[6] & 0x0FU));  // version 7
  bytes[8] = static_cast<std::uint8_t>(0x80U | (bytes[8] & 0x3FU));  // variant 10
  return bytes;
}

Secret new_token() {
  const Secret raw{random_bytes(32)};
  return Secret{base64url_encode(raw.reveal())};
}

std::string sha256(std::string_view bytes) {
  std::string digest(kSha256Bytes, '\0');
  const int done =
      EVP_Digest(bytes.data(), bytes.size(), as_bytes(digest.data()), nullptr, sha256_algorithm(), nullptr);
  require(done == 1, "SHA-256");
  return digest;
}

struct Sha256::State {
  Owned<EVP_MD_CTX> context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  require(EVP_DigestInit_ex(state_->context.get(), sha256_algorithm(), nullptr) == 1, "SHA-256");
}
Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) {
  require(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1, "SHA-256");
}

std::string Sha256::digest() {
  std::string digest(kSha256Bytes, '\0');
  require(EVP_DigestFinal_ex(state_->context.get(), as_bytes(digest.data()), nullptr) == 1, "SHA-256");
  return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  if (key.size() > INT_MAX) throw std::runtime_error("The HMAC key is too long");
  std::string mac(kSha256Bytes, '\0');
  // HMAC() takes a null key for "the one used before"; an empty view may be null.
  const void* data = key.empty() ? "" : key.data();
  const auto* done = HMAC(sha256_algorithm(), data, static_cast<int>(key.size()), as_bytes(bytes),
                          bytes.size(), as_bytes(mac.data()), nullptr);
  require(done != nullptr, "HMAC-SHA-256");
  return mac;
}

}  // namespace tenantd::crypto
