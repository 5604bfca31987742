// A key by which tenantd, as a client, shows an identity provider who it is (private_key_jwt: RFC 7523): EC
// on P-256, ES256. Its maker keeps the private half sealed.
#pragma once

#include <string>
#include <string_view>

#include "tenantd/base/secret.hpp"

namespace tenantd::crypto {

struct ClientKey {
  Secret pem;       // PKCS #8
  std::string jwk;  // the public half, with kid, use and alg; the kid is its thumbprint (RFC 7638)
};
ClientKey make_client_key();

// Returns the compact JWS of `payload`. Throws std::runtime_error if `pem` is no key of this kind.
std::string sign_with_client_key(const Secret& pem, std::string_view payload);

}  // namespace tenantd::crypto
