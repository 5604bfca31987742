// One RSA key that signs ID tokens by RS256 (RFC 7518 section 3.3), which OpenID Connect wants of every
// provider. Access tokens are never signed with one.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "openssl.hpp"
#include "tenantd/base/secret.hpp"

namespace tenantd::crypto {

class RsaKey {
 public:
  // Returns a new key of 2,048 bits; its kid is its JWK thumbprint (RFC 7638).
  static std::shared_ptr<const RsaKey> generate();

  // Returns the key of a PKCS #8 PEM under the name `kid`. Throws std::runtime_error if it is no unencrypted
  // RSA private key of at least 2,048 bits.
  static std::shared_ptr<const RsaKey> from_pem(std::string kid, const Secret& pem);

  const std::string& kid() const { return kid_; }
  // The modulus and the exponent as base64url: the JWK's members "n" and "e".
  const std::string& public_n() const { return n_; }
  const std::string& public_e() const { return e_; }

  Secret to_pem() const;

  std::string sign(std::string_view message) const;
  bool verify(std::string_view message, std::string_view signature) const;

 private:
  RsaKey(Owned<EVP_PKEY> key, std::string kid);

  Owned<EVP_PKEY> key_;
  std::string n_, e_;
  std::string kid_;
};

}  // namespace tenantd::crypto
