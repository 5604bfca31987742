#include "support/passkey_device.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "support/check.hpp"
#include "tenantd/base/bytes.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/passkey.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::test {
namespace {

// CBOR (RFC 8949), as much as is needed here.
std::string head(unsigned major, std::size_t size) {
  const auto first = [&](unsigned low) { return std::string(1, static_cast<char>(major << 5U | low)); };
  if (size < 24) return first(static_cast<unsigned>(size));
  return size < 256 ? first(24) + big_endian(size, 1) : first(25) + big_endian(size, 2);
}
std::string text_item(const std::string& text) { return head(3, text.size()) + text; }
std::string bytes_item(const std::string& bytes) { return head(2, bytes.size()) + bytes; }
std::string number_item(int value) {
  return value < 0 ? head(1, static_cast<std::size_t>(-1 - value)) : head(0, static_cast<std::size_t>(value));
}

std::string altered(std::string right, const PasskeyDevice::Alteration& alter) {
  if (alter) alter(right);
  return right;
}

int algorithm_of(PasskeyDevice::Kind kind) {
  switch (kind) {
    case PasskeyDevice::Kind::es256: return -7;
    case PasskeyDevice::Kind::eddsa: return -8;
    case PasskeyDevice::Kind::rs256: return -257;
  }
  throw std::logic_error("a kind of key");
}

EVP_PKEY* new_key(PasskeyDevice::Kind kind) {
  switch (kind) {
    case PasskeyDevice::Kind::es256: return EVP_EC_gen("P-256");
    case PasskeyDevice::Kind::eddsa: return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    case PasskeyDevice::Kind::rs256: return EVP_RSA_gen(2048);
  }
  return nullptr;
}

std::string modulus_of(const EVP_PKEY* key) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &number);
  std::string bytes(256, '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  BN_free(number);
  return bytes;
}

std::string member(const char* name, const std::string& value) {
  return std::string{"\""} + name + "\":\"" + value + '"';
}

}  // namespace

struct PasskeyDevice::Key {
  EVP_PKEY* pkey = nullptr;
  ~Key() { EVP_PKEY_free(pkey); }
};

PasskeyDevice::PasskeyDevice(const std::string& url, Kind kind)
    : id(crypto::random_bytes(32)), key_(std::make_shared<Key>()), kind_(kind) {
  const auto relying = crypto::relying_party(url);
  origin = relying.origin;
  party = relying.id;
  key_->pkey = new_key(kind);
  require(key_->pkey != nullptr, "a key is made");
}

std::string PasskeyDevice::client_data(const std::string& right_type, const Response& options) const {
  const auto asked = options.text("/publicKey/challenge");
  return altered('{' + member("type", type.empty() ? right_type : type) + ',' +
                     member("challenge", challenge.empty() ? asked : challenge) + ',' +
                     member("origin", origin) + ",\"crossOrigin\":" + (framed ? "true" : "false") + '}',
                 alter_client_data);
}

std::string PasskeyDevice::cose_key() const { return altered(right_key(), alter_key); }

std::string PasskeyDevice::right_key() const {
  const auto said = number_item(3) + number_item(algorithm == 0 ? algorithm_of(kind_) : algorithm);
  if (kind_ == Kind::rs256)
    return head(5, 4) + number_item(1) + number_item(3) + said + number_item(-1) +
           bytes_item(modulus_of(key_->pkey)) + number_item(-2) + bytes_item({"\1\0\1", 3});
  if (kind_ == Kind::eddsa) {
    std::string raw(32, '\0');
    std::size_t size = raw.size();
    EVP_PKEY_get_raw_public_key(key_->pkey, reinterpret_cast<unsigned char*>(raw.data()), &size);
    return head(5, 4) + number_item(1) + number_item(1) + said + number_item(-1) + number_item(6) +
           number_item(-2) + bytes_item(raw);
  }
  std::string point(65, '\0');
  std::size_t size = 0;
  EVP_PKEY_get_octet_string_param(key_->pkey, OSSL_PKEY_PARAM_PUB_KEY,
                                  reinterpret_cast<unsigned char*>(point.data()), point.size(), &size);
  require_equal(size, point.size());
  return head(5, 5) + number_item(1) + number_item(2) + said + number_item(-1) + number_item(1) +
         number_item(-2) + bytes_item(point.substr(1, 32)) + number_item(-3) + bytes_item(point.substr(33));
}

std::string PasskeyDevice::authenticator_data(bool attested) const {
  const auto mask = static_cast<std::uint8_t>(attested ? flags | 0x40U : flags);
  auto data = crypto::sha256(party) + static_cast<char>(mask) + big_endian(counter, 4);
  if (attested) data += std::string(16, '\0') + big_endian(id.size(), 2) + id + cose_key();
  return altered(data, alter_data);
}

std::string PasskeyDevice::sign(const std::string& bytes) const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestSignInit(context, nullptr, kind_ == Kind::eddsa ? nullptr : EVP_sha256(), nullptr, key_->pkey);
  std::string made(256, '\0');
  std::size_t size = made.size();
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  const int done =
      EVP_DigestSign(context, reinterpret_cast<unsigned char*>(made.data()), &size, data, bytes.size());
  EVP_MD_CTX_free(context);
  require(done == 1, "it signs");
  made.resize(size);
  return altered(made, alter_signature);
}

std::string PasskeyDevice::create(const Response& options) const {
  const auto said = client_data("webauthn.create", options);
  const auto data = authenticator_data(true);
  auto statement = head(5, 0);
  if (format != "none") {
    const auto signature = sign(before_signing + data + crypto::sha256(said));
    statement = head(5, 2) + text_item("alg") + number_item(algorithm_of(kind_)) + text_item("sig") +
                bytes_item(signature);
  }
  const auto object =
      altered(head(5, 3) + text_item("fmt") + text_item(format) + text_item("attStmt") +
                  altered(statement, alter_statement) + text_item("authData") + bytes_item(data),
              alter_object);
  const auto name = base64url_encode(id);
  return altered(
      '{' + member("id", name) + ',' + member("rawId", name) + ',' + member("type", "public-key") +
          ",\"clientExtensionResults\":{},\"response\":{" + member("clientDataJSON", base64url_encode(said)) +
          ',' + member("attestationObject", base64url_encode(object)) + ",\"transports\":[\"internal\"]}}",
      alter_sent);
}

std::string PasskeyDevice::use(const Response& options) const {
  const auto said = client_data("webauthn.get", options);
  const auto data = authenticator_data(false);
  const auto handle = user.empty() ? std::string{} : ',' + member("userHandle", base64url_encode(user));
  return altered(
      '{' + member("id", base64url_encode(id)) + ',' + member("type", "public-key") +
          ",\"clientExtensionResults\":{},\"response\":{" + member("clientDataJSON", base64url_encode(said)) +
          ',' + member("authenticatorData", base64url_encode(data)) + ',' +
          member("signature", base64url_encode(sign(before_signing + data + crypto::sha256(said)))) + handle +
          "}}",
      alter_sent);
}

}  // namespace tenantd::test
