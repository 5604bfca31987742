#include "signing_key.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::crypto {
namespace {

constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kPublicBytes = 32;

std::string read_public_x(const EVP_PKEY* key) {
  std::array<unsigned char, kPublicBytes> raw{};
  std::size_t length = raw.size();
  require(EVP_PKEY_get_raw_public_key(key, raw.data(), &length) == 1, "Reading the public key");
  return base64url_encode({reinterpret_cast<const char*>(raw.data()), length});
}

}  // namespace

bool is_kid(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, allowed);
}

SigningKey::SigningKey(Owned<EVP_PKEY> key, std::string kid)
    : key_(std::move(key)),
      public_x_(read_public_x(key_.get())),
      kid_(kid.empty() ? thumbprint() : std::move(kid)),
      // A kid needs no JSON escapes: see is_kid.
      token_header_(base64url_encode(R"({"alg":"EdDSA","typ":"at+jwt","kid":")" + kid_ + "\"}")) {}

std::shared_ptr<const SigningKey> SigningKey::generate() {
  Owned<EVP_PKEY> key{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
  require(key != nullptr, "Making an Ed25519 key");
  std::shared_ptr<const SigningKey> made{new SigningKey{std::move(key), {}}};
  // A name that starts with a dash would read as an option of `tenantctl keys retire`.
  return made->kid().front() == '-' ? generate() : made;
}

std::shared_ptr<const SigningKey> SigningKey::from_pem(std::string kid, const Secret& pem) {
  if (!is_kid(kid)) throw std::runtime_error("\"" + kid + "\" cannot name a signing key");
  auto key = read_private_key(pem);
  if (!key || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
    throw std::runtime_error("The signing key " + kid +
                             " is not an unencrypted Ed25519 private key in PKCS #8 PEM");
  }
  return std::shared_ptr<const SigningKey>{new SigningKey{std::move(key), std::move(kid)}};
}

std::string SigningKey::thumbprint() const {
  return base64url_encode(sha256(R"({"crv":"Ed25519","kty":"OKP","x":")" + public_x_ + "\"}"));
}

Secret SigningKey::to_pem() const { return write_private_key(key_.get()); }

// A context a call: OpenSSL does not promise that a one-shot context can be used twice, and it is 5 % of the
// time.
std::string SigningKey::sign(std::string_view message) const {
  const Owned<EVP_MD_CTX> context{EVP_MD_CTX_new()};
  std::string signature(kSignatureBytes, '\0');
  std::size_t length = signature.size();
  require(context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
              EVP_DigestSign(context.get(), as_bytes(signature.data()), &length, as_bytes(message),
                             message.size()) == 1,
          "Signing");
  return signature;
}

bool SigningKey::verify(std::string_view message, std::string_view signature) const {
  if (signature.size() != kSignatureBytes) return false;
  const Owned<EVP_MD_CTX> context{EVP_MD_CTX_new()};
  require(context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1,
          "Starting to verify");
  const bool good = EVP_DigestVerify(context.get(), as_bytes(signature), signature.size(), as_bytes(message),
                                     message.size()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

}  // namespace tenantd::crypto
