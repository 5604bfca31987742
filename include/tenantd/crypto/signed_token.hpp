// Tokens of our own for others than the API: ID tokens and logout tokens of OpenID Connect, as JWS (RFC 7515)
// by RS256 or EdDSA.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tenantd/base/time.hpp"
#include "tenantd/crypto/keys.hpp"

namespace tenantd::crypto {

enum class TokenAlg { rs256, eddsa };

// Returns the compact form. `typ`: "JWT", "logout+jwt"; `payload`: a JSON object. Throws std::runtime_error
// if there is no key for RS256.
std::string sign_token(const KeyRing& keys, TokenAlg alg, std::string_view typ, std::string_view payload,
                       TimePoint now);

// Returns the payload of a token of this `typ` that a key of ours has signed, expired or not; nullopt for
// every other text.
std::optional<std::string> open_own_token(const KeyRing& keys, std::string_view typ,
                                          std::string_view compact);

}  // namespace tenantd::crypto
