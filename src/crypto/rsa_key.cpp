#include "rsa_key.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>

#include <stdexcept>

#include "signing_key.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::crypto {
namespace {

constexpr unsigned kRsaBits = 2048;

std::string public_number(const EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  require(EVP_PKEY_get_bn_param(key, name, &raw) == 1, "Reading a public RSA key");
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> value{raw, BN_free};
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(raw)), '\0');
  BN_bn2bin(raw, as_bytes(bytes.data()));
  return base64url_encode(bytes);
}

std::string thumbprint_of(const std::string& e, const std::string& n) {
  return base64url_encode(sha256(R"({"e":")" + e + R"(","kty":"RSA","n":")" + n + "\"}"));
}

}  // namespace

RsaKey::RsaKey(Owned<EVP_PKEY> key, std::string kid)
    : key_(std::move(key)),
      n_(public_number(key_.get(), OSSL_PKEY_PARAM_RSA_N)),
      e_(public_number(key_.get(), OSSL_PKEY_PARAM_RSA_E)),
      kid_(kid.empty() ? thumbprint_of(e_, n_) : std::move(kid)) {}

std::shared_ptr<const RsaKey> RsaKey::generate() {
  Owned<EVP_PKEY> key{EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(kRsaBits))};
  require(key != nullptr, "Making an RSA key");
  std::shared_ptr<const RsaKey> made{new RsaKey{std::move(key), {}}};
  // A name that starts with a dash would read as an option of `tenantctl keys retire`.
  return made->kid().front() == '-' ? generate() : made;
}

std::shared_ptr<const RsaKey> RsaKey::from_pem(std::string kid, const Secret& pem) {
  if (!is_kid(kid)) throw std::runtime_error("\"" + kid + "\" cannot name a signing key");
  auto key = read_private_key(pem);
  if (!key || EVP_PKEY_get_id(key.get()) != EVP_PKEY_RSA ||
      EVP_PKEY_get_bits(key.get()) < static_cast<int>(kRsaBits)) {
    throw std::runtime_error("The signing key " + kid +
                             " is not an unencrypted RSA private key of 2048 bits in PKCS #8 PEM");
  }
  return std::shared_ptr<const RsaKey>{new RsaKey{std::move(key), std::move(kid)}};
}

Secret RsaKey::to_pem() const { return write_private_key(key_.get()); }

std::string RsaKey::sign(std::string_view message) const {
  const Owned<EVP_MD_CTX> context{EVP_MD_CTX_new()};
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
  std::size_t length = signature.size();
  require(context && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
              EVP_DigestSign(context.get(), as_bytes(signature.data()), &length, as_bytes(message),
                             message.size()) == 1,
          "Signing");
  signature.resize(length);
  return signature;
}

bool RsaKey::verify(std::string_view message, std::string_view signature) const {
  const Owned<EVP_MD_CTX> context{EVP_MD_CTX_new()};
  const bool good = context &&
                    EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
                    EVP_DigestVerify(context.get(), as_bytes(signature), signature.size(), as_bytes(message),
                                     message.size()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

}  // namespace tenantd::crypto
