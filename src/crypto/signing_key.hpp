// One Ed25519 key (RFC 8032, RFC 8037) with the name that tokens know it by.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "openssl.hpp"
#include "tenantd/base/secret.hpp"

namespace tenantd::crypto {

class SigningKey {
 public:
  // Returns a new key; its kid is its JWK thumbprint (RFC 7638, RFC 8037 appendix A.3).
  static std::shared_ptr<const SigningKey> generate();

  // Returns the key of a PKCS #8 PEM under the name `kid`. Throws std::runtime_error if it is no unencrypted
  // Ed25519 private key.
  static std::shared_ptr<const SigningKey> from_pem(std::string kid, const Secret& pem);

  const std::string& kid() const { return kid_; }
  // The public key as base64url, the JWK's member "x".
  const std::string& public_x() const { return public_x_; }
  // The header of the access tokens it signs, encoded.
  const std::string& token_header() const { return token_header_; }

  std::string thumbprint() const;
  Secret to_pem() const;

  // Returns the 64 bytes of the signature.
  std::string sign(std::string_view message) const;
  bool verify(std::string_view message, std::string_view signature) const;

 private:
  SigningKey(Owned<EVP_PKEY> key, std::string kid);

  Owned<EVP_PKEY> key_;
  std::string public_x_;
  std::string kid_;
  std::string token_header_;
};

// True for 1 to 64 characters of base64url: what may be the name of a key, its file and a token's kid.
bool is_kid(std::string_view text);

}  // namespace tenantd::crypto
