#include "tenantd/crypto/jose.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <array>
#include <set>

#include "openssl.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::crypto {
namespace {

using Json = json::Value;
using json::text_of;

constexpr std::size_t kMaxCompactBytes = 16384;
constexpr unsigned kMaxKeys = 100;
constexpr std::size_t kCoordinateBytes = 32;  // of P-256
constexpr int kLeastRsaBits = 2048;
constexpr int kMostRsaBits = 8192;

struct Free {
  void operator()(BIGNUM* p) const { BN_free(p); }
  void operator()(OSSL_PARAM_BLD* p) const { OSSL_PARAM_BLD_free(p); }
  void operator()(OSSL_PARAM* p) const { OSSL_PARAM_free(p); }
  void operator()(EVP_PKEY_CTX* p) const { EVP_PKEY_CTX_free(p); }
  void operator()(ECDSA_SIG* p) const { ECDSA_SIG_free(p); }
};
template <class T>
using Held = std::unique_ptr<T, Free>;

Held<BIGNUM> number(const std::string& bytes) {
  return Held<BIGNUM>{BN_bin2bn(as_bytes(bytes), static_cast<int>(bytes.size()), nullptr)};
}

// nullptr if OpenSSL makes no key of it.
Owned<EVP_PKEY> make_key(const char* kind, OSSL_PARAM_BLD* builder) {
  const Held<OSSL_PARAM> parameters{OSSL_PARAM_BLD_to_param(builder)};
  const Held<EVP_PKEY_CTX> context{EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr)};
  EVP_PKEY* raw = nullptr;
  const bool made = parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
                    EVP_PKEY_fromdata(context.get(), &raw, EVP_PKEY_PUBLIC_KEY, parameters.get()) == 1;
  Owned<EVP_PKEY> key{raw};
  if (!made) key.reset();
  ERR_clear_error();
  return key;
}

// True if `residue` is a power of 65537 modulo `prime`.
bool is_power_of_f4(unsigned residue, unsigned prime) {
  unsigned power = 1 % prime;
  do {
    if (power == residue) return true;
    power = power * (65537 % prime) % prime;
  } while (power != 1 % prime);
  return false;
}

// True for a modulus whose primes Infineon's RSALib made: it can be factored (CVE-2017-15361; Nemec et al.,
// "The Return of Coppersmith's Attack", 2017, section 2.3). Modulo each small prime it is a power of 65537.
// Of other moduli one in 2^27 is taken for such a one.
bool is_roca_shaped(const BIGNUM* modulus) {
  constexpr std::array<unsigned, 38> kPrimes = {
      3,  5,  7,  11, 13, 17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
      73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
  return std::ranges::all_of(kPrimes, [&](unsigned prime) {
    return is_power_of_f4(static_cast<unsigned>(BN_mod_word(modulus, prime)), prime);
  });
}

// A public key, for signatures to be checked with (RFC 7517 sections 4.2 and 4.3). A published private key
// (`d`) proves nothing: everybody can sign with it.
bool is_for_verification(const Json& jwk) {
  if (jwk.HasMember("d")) return false;
  if (jwk.HasMember("use") && text_of(jwk, "use") != "sig") return false;
  const auto* operations = json::find(jwk, "key_ops");
  if (operations == nullptr) return true;
  if (!operations->IsArray()) return false;
  std::set<std::string_view> named;
  for (const auto& each : operations->GetArray())
    if (!each.IsString() || !named.insert(json::view(each)).second) return false;
  return named.contains("verify");
}

Owned<EVP_PKEY> rsa_key(const Json& jwk) {
  const auto n = base64url_decode(text_of(jwk, "n"));
  const auto e = base64url_decode(text_of(jwk, "e"));
  if (!n || !e || n->size() > kMostRsaBits / 8 + 1 || e->empty() || e->size() > 8) return {};
  const auto modulus = number(*n);
  const auto exponent = number(*e);
  const Held<OSSL_PARAM_BLD> builder{OSSL_PARAM_BLD_new()};
  if (!modulus || !exponent || !builder) return {};
  const int bits = BN_num_bits(modulus.get());
  if (bits < kLeastRsaBits || bits > kMostRsaBits || BN_is_odd(modulus.get()) == 0 ||
      BN_is_odd(exponent.get()) == 0 || BN_is_one(exponent.get()) == 1 || is_roca_shaped(modulus.get()))
    return {};
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1)
    return {};
  return make_key("RSA", builder.get());
}

Owned<EVP_PKEY> ec_key(const Json& jwk) {
  const auto x = base64url_decode(text_of(jwk, "x"));
  const auto y = base64url_decode(text_of(jwk, "y"));
  if (text_of(jwk, "crv") != "P-256" || !x || !y || x->size() != kCoordinateBytes ||
      y->size() != kCoordinateBytes)
    return {};
  const std::string point = '\x04' + *x + *y;
  const Held<OSSL_PARAM_BLD> builder{OSSL_PARAM_BLD_new()};
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) !=
          1)
    return {};
  auto key = make_key("EC", builder.get());
  const Held<EVP_PKEY_CTX> context{key ? EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr) : nullptr};
  if (!context || EVP_PKEY_public_check(context.get()) != 1) key.reset();
  ERR_clear_error();
  return key;
}

// RFC 8037.
Owned<EVP_PKEY> okp_key(const Json& jwk) {
  const auto x = base64url_decode(text_of(jwk, "x"));
  if (text_of(jwk, "crv") != "Ed25519" || !x || x->size() != kCoordinateBytes) return {};
  Owned<EVP_PKEY> key{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, as_bytes(*x), x->size())};
  ERR_clear_error();
  return key;
}

// The one algorithm that a key of this type is for here; empty if there is none.
std::string_view algorithm_of(std::string_view kind) {
  if (kind == "RSA") return "RS256";
  if (kind == "EC") return "ES256";
  return kind == "OKP" ? "EdDSA" : "";
}

// ES256 writes r and s one after the other (RFC 7518 section 3.4); OpenSSL wants them as DER.
std::string der_signature(const std::string& raw) {
  if (raw.size() != 2 * kCoordinateBytes) return {};
  const Held<ECDSA_SIG> signature{ECDSA_SIG_new()};
  auto r = number(raw.substr(0, kCoordinateBytes));
  auto s = number(raw.substr(kCoordinateBytes));
  if (!signature || !r || !s || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  unsigned char* der = nullptr;
  const int length = i2d_ECDSA_SIG(signature.get(), &der);
  if (length <= 0) return {};
  std::string text{reinterpret_cast<const char*>(der), static_cast<std::size_t>(length)};
  OPENSSL_free(der);
  return text;
}

}  // namespace

class ForeignKey {
 public:
  // nullptr if the JWK is no key that may be used.
  static std::shared_ptr<const ForeignKey> read(const Json& jwk) {
    if (!jwk.IsObject()) return {};
    auto kid = text_of(jwk, "kid");
    const auto kind = text_of(jwk, "kty");
    const std::string alg{algorithm_of(kind)};
    const bool for_this = !jwk.HasMember("alg") || text_of(jwk, "alg") == alg;
    if (kid.empty() || !is_for_verification(jwk) || !for_this || alg.empty()) return {};
    auto key = kind == "RSA" ? rsa_key(jwk) : kind == "EC" ? ec_key(jwk) : okp_key(jwk);
    if (!key) return {};
    return std::shared_ptr<const ForeignKey>{new ForeignKey{std::move(kid), alg, std::move(key)}};
  }

  const std::string& kid() const { return kid_; }

  bool verify(const ForeignToken& token) const {
    if (token.alg != alg_) return false;
    const auto signature = alg_ == "ES256" ? der_signature(token.signature) : token.signature;
    if (signature.empty()) return false;
    const Owned<EVP_MD_CTX> context{EVP_MD_CTX_new()};
    const bool good = context &&
                      EVP_DigestVerifyInit(context.get(), nullptr, alg_ == "EdDSA" ? nullptr : EVP_sha256(),
                                           nullptr, key_.get()) == 1 &&
                      EVP_DigestVerify(context.get(), as_bytes(signature), signature.size(),
                                       as_bytes(token.signed_text), token.signed_text.size()) == 1;
    ERR_clear_error();
    return good;
  }

 private:
  ForeignKey(std::string kid, std::string alg, Owned<EVP_PKEY> key)
      : kid_(std::move(kid)), alg_(std::move(alg)), key_(std::move(key)) {}
  std::string kid_;
  std::string alg_;
  Owned<EVP_PKEY> key_;
};

std::optional<ForeignToken> read_foreign_token(std::string_view compact) {
  if (compact.size() > kMaxCompactBytes) return std::nullopt;
  const auto segments = split(compact, '.');
  if (segments.size() != 3) return std::nullopt;
  const auto header_text = base64url_decode(segments[0]);
  auto payload = base64url_decode(segments[1]);
  auto signature = base64url_decode(segments[2]);
  if (!header_text || !payload || !signature || signature->empty()) return std::nullopt;
  const auto header = json::read_object(*header_text);
  if (!header || json::names_twice(*header) || header->HasMember("crit") || header->HasMember("b64"))
    return std::nullopt;
  ForeignToken token{text_of(*header, "alg"), text_of(*header, "kid"), {}, {}, {}};
  if ((token.alg != "RS256" && token.alg != "ES256" && token.alg != "EdDSA") || token.kid.empty())
    return std::nullopt;
  token.signed_text = compact.substr(0, segments[0].size() + 1 + segments[1].size());
  token.payload = *std::move(payload);
  token.signature = *std::move(signature);
  return token;
}

ForeignKeys::ForeignKeys() = default;
ForeignKeys::~ForeignKeys() = default;
ForeignKeys::ForeignKeys(const ForeignKeys&) = default;
ForeignKeys& ForeignKeys::operator=(const ForeignKeys&) = default;

std::optional<ForeignKeys> ForeignKeys::parse(const std::string& jwks) {
  const auto document = json::read_object(jwks);
  if (!document) return std::nullopt;
  const auto* keys = json::find(*document, "keys");
  if (keys == nullptr || !keys->IsArray() || keys->Size() > kMaxKeys) return std::nullopt;
  ForeignKeys found;
  for (const auto& jwk : keys->GetArray())
    if (auto key = ForeignKey::read(jwk)) found.keys_.push_back(std::move(key));
  return found;
}

bool ForeignKeys::has(std::string_view kid) const {
  return std::any_of(keys_.begin(), keys_.end(), [&](const auto& key) { return key->kid() == kid; });
}

bool ForeignKeys::verify(const ForeignToken& token) const {
  return std::any_of(keys_.begin(), keys_.end(),
                     [&](const auto& key) { return key->kid() == token.kid && key->verify(token); });
}

}  // namespace tenantd::crypto
