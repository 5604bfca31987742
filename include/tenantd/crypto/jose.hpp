// Tokens that others have signed: JWS in its compact form (RFC 7515), checked with keys of a JWK Set (RFC
// 7517), by RS256 and ES256 (RFC 7518) and EdDSA (RFC 8037, Ed25519), and nothing else. Never fetches
// anything.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenantd::crypto {

// A token as read, not yet believed.
struct ForeignToken {
  std::string alg;          // "RS256", "ES256" or "EdDSA"
  std::string kid;          // which key is said to have signed it
  std::string signed_text;  // header and payload, as signed
  std::string payload;      // decoded
  std::string signature;    // decoded
};

// Returns nullopt unless the token has exactly three segments of strict base64url, at most 16 KB, and a
// header that names one of the three algorithms and a kid, once each. A header with `crit` or `b64` is
// refused; keys that it brings along (jwk, jku, x5c, x5u) are not looked at.
std::optional<ForeignToken> read_foreign_token(std::string_view compact);

class ForeignKey;

// The keys of an issuer that can be used: RSA of 2,048 to 8,192 bits, EC on P-256, Ed25519, for signatures,
// with a kid.
class ForeignKeys {
 public:
  ForeignKeys();
  ~ForeignKeys();
  ForeignKeys(const ForeignKeys&);
  ForeignKeys& operator=(const ForeignKeys&);

  // Returns nullopt if `jwks` is no JWK Set. What cannot be used in it is left out.
  static std::optional<ForeignKeys> parse(const std::string& jwks);

  bool empty() const { return keys_.empty(); }
  bool has(std::string_view kid) const;
  // True if a key of the token's kid, made for its algorithm, has signed it.
  bool verify(const ForeignToken& token) const;

 private:
  std::vector<std::shared_ptr<const ForeignKey>> keys_;
};

}  // namespace tenantd::crypto
