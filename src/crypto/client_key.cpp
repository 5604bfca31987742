#include "tenantd/crypto/client_key.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>

#include "openssl.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::crypto {
namespace {

constexpr int kP256Bytes = 32;

std::string coordinate(const EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  require(EVP_PKEY_get_bn_param(key, name, &raw) == 1, "Reading a public EC key");
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> value{raw, BN_free};
  std::string bytes(static_cast<std::size_t>(kP256Bytes), '\0');
  require(BN_bn2binpad(raw, as_bytes(bytes.data()), kP256Bytes) == kP256Bytes, "Reading a public EC key");
  return base64url_encode(bytes);
}

// The members that make the thumbprint, in its order (RFC 7638 section 3.2).
struct PublicHalf {
  std::string x, y;
  explicit PublicHalf(const EVP_PKEY* key)
      : x(coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X)), y(coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y)) {}
  std::string members() const { return R"("crv":"P-256","kty":"EC","x":")" + x + R"(","y":")" + y + '"'; }
  std::string kid() const { return base64url_encode(sha256('{' + members() + '}')); }
};

// r and s one after the other (RFC 7518 section 3.4); OpenSSL writes them as DER.
std::string raw_signature(const std::string& der) {
  const auto* at = as_bytes(std::string_view{der});
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> parts{
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free};
  require(parts != nullptr, "Signing");
  std::string raw(static_cast<std::size_t>(2 * kP256Bytes), '\0');
  auto* bytes = as_bytes(raw.data());
  require(BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), bytes, kP256Bytes) == kP256Bytes &&
              BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), bytes + kP256Bytes, kP256Bytes) == kP256Bytes,
          "Signing");
  return raw;
}

}  // namespace

ClientKey make_client_key() {
  const Owned<EVP_PKEY> key{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")};
  require(key != nullptr, "Making an EC key");
  const PublicHalf half{key.get()};
  return {write_private_key(key.get()),
          '{' + half.members() + R"(,"kid":")" + half.kid() + R"(","use":"sig","alg":"ES256"})"};
}

std::string sign_with_client_key(const Secret& pem, std::string_view payload) {
  const auto key = read_private_key(pem);
  require(key && EVP_PKEY_get_id(key.get()) == EVP_PKEY_EC, "Reading a client's key");
  const auto header = R"({"alg":"ES256","typ":"JWT","kid":")" + PublicHalf{key.get()}.kid() + "\"}";
  const auto text = base64url_encode(header) + '.' + base64url_encode(payload);
  const Owned<EVP_MD_CTX> context{EVP_MD_CTX_new()};
  std::string der(static_cast<std::size_t>(EVP_PKEY_get_size(key.get())), '\0');
  std::size_t length = der.size();
  require(context && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
              EVP_DigestSign(context.get(), as_bytes(der.data()), &length, as_bytes(text), text.size()) == 1,
          "Signing");
  der.resize(length);
  return text + '.' + base64url_encode(raw_signature(der));
}

}  // namespace tenantd::crypto
