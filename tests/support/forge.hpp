// Tokens as identity providers sign them, and as nobody should.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace tenantd::test {

class ForgeKey {
 public:
  static constexpr int kEd25519 = -1;
  // `bits` of an RSA key; 0: EC on P-256; or kEd25519.
  explicit ForgeKey(std::string kid, int bits = 2048);
  ~ForgeKey();
  ForgeKey(const ForgeKey&) = delete;
  ForgeKey& operator=(const ForgeKey&) = delete;

  const std::string& kid() const { return kid_; }
  std::string alg() const { return bits_ == 0 ? "ES256" : bits_ == kEd25519 ? "EdDSA" : "RS256"; }
  // {"alg": …, "typ": "JWT", "kid": …}
  std::string header() const;
  // A JWK; `more` goes in front of its members.
  std::string jwk(const std::string& more = R"("use":"sig",)") const;
  // The public key as PEM: what an HS256 forger takes for the secret.
  std::string pem() const;
  // The raw signature as a JWS has it.
  std::string sign(std::string_view text) const;
  // The compact token of these two texts, signed.
  std::string token(const std::string& header, const std::string& payload) const;
  std::string token(const std::string& payload) const { return token(header(), payload); }

 private:
  struct Key;
  std::string kid_;
  int bits_;
  std::unique_ptr<Key> key_;
};

// {"keys": […]}
std::string jwks(std::initializer_list<const ForgeKey*> keys);

}  // namespace tenantd::test
