#include "support/forge.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <vector>

#include "support/check.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::test {
namespace {

constexpr int kCoordinate = 32;

std::string number_of(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  require(EVP_PKEY_get_bn_param(key, name, &number) == 1, name);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
  BN_free(number);
  return bytes;
}

std::string padded(std::string bytes) {
  return std::string(static_cast<std::size_t>(kCoordinate) - bytes.size(), '\0') + bytes;
}

}  // namespace

struct ForgeKey::Key {
  EVP_PKEY* key;
  ~Key() { EVP_PKEY_free(key); }
};

ForgeKey::ForgeKey(std::string kid, int bits)
    : kid_(std::move(kid)),
      bits_(bits),
      key_(new Key{bits == kEd25519 ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")
                   : bits == 0
                       ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")
                       : EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(bits))}) {
  require(key_->key != nullptr, "no key was made");
}

ForgeKey::~ForgeKey() = default;

std::string ForgeKey::header() const {
  return R"({"alg":")" + alg() + R"(","typ":"JWT","kid":")" + kid_ + "\"}";
}

std::string ForgeKey::jwk(const std::string& more) const {
  const auto start = "{" + more + R"("kid":")" + kid_ + "\",";
  if (bits_ == kEd25519) {
    std::string bytes(static_cast<std::size_t>(kCoordinate), '\0');
    std::size_t length = bytes.size();
    require(
        EVP_PKEY_get_raw_public_key(key_->key, reinterpret_cast<unsigned char*>(bytes.data()), &length) == 1,
        "no public key");
    return start + R"("kty":"OKP","crv":"Ed25519","x":")" + base64url_encode(bytes) + "\"}";
  }
  if (bits_ != 0)
    return start + R"("kty":"RSA","n":")" + base64url_encode(number_of(key_->key, OSSL_PKEY_PARAM_RSA_N)) +
           R"(","e":")" + base64url_encode(number_of(key_->key, OSSL_PKEY_PARAM_RSA_E)) + "\"}";
  return start + R"("kty":"EC","crv":"P-256","x":")" +
         base64url_encode(padded(number_of(key_->key, OSSL_PKEY_PARAM_EC_PUB_X))) + R"(","y":")" +
         base64url_encode(padded(number_of(key_->key, OSSL_PKEY_PARAM_EC_PUB_Y))) + "\"}";
}

std::string ForgeKey::pem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  require(bio != nullptr && PEM_write_bio_PUBKEY(bio, key_->key) == 1, "no PEM");
  char* text = nullptr;
  const auto length = BIO_get_mem_data(bio, &text);
  std::string pem(text, static_cast<std::size_t>(length));
  BIO_free(bio);
  return pem;
}

std::string ForgeKey::sign(std::string_view text) const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  std::size_t length = 1024;
  std::string signature(length, '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(signature.data());
  const auto* hash = bits_ == kEd25519 ? nullptr : EVP_sha256();
  require(EVP_DigestSignInit(context, nullptr, hash, nullptr, key_->key) == 1 &&
              EVP_DigestSign(context, bytes, &length, reinterpret_cast<const unsigned char*>(text.data()),
                             text.size()) == 1,
          "no signature");
  EVP_MD_CTX_free(context);
  signature.resize(length);
  if (bits_ != 0) return signature;
  const auto* der = reinterpret_cast<const unsigned char*>(signature.data());
  ECDSA_SIG* parts = d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(length));
  std::string raw(static_cast<std::size_t>(2 * kCoordinate), '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(parts), out, kCoordinate);
  BN_bn2binpad(ECDSA_SIG_get0_s(parts), out + kCoordinate, kCoordinate);
  ECDSA_SIG_free(parts);
  return raw;
}

std::string ForgeKey::token(const std::string& header, const std::string& payload) const {
  const auto text = base64url_encode(header) + '.' + base64url_encode(payload);
  return text + '.' + base64url_encode(sign(text));
}

std::string jwks(std::initializer_list<const ForgeKey*> keys) {
  std::string list;
  for (const auto* key : keys) list += (list.empty() ? "" : ",") + key->jwk();
  return "{\"keys\":[" + list + "]}";
}

}  // namespace tenantd::test
