// Tokens that others have signed, believed only by their own keys.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/forge.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/jose.hpp"
#include "tenantd/crypto/random.hpp"

using namespace tenantd;
using namespace tenantd::test;
using crypto::ForeignKeys;

namespace {

constexpr const char* kPayload = R"({"sub":"ann"})";

bool believed(const ForeignKeys& keys, const std::string& compact) {
  const auto token = crypto::read_foreign_token(compact);
  return token && keys.verify(*token);
}

ForeignKeys keys_of(const std::string& set) {
  const auto keys = ForeignKeys::parse(set);
  require(keys.has_value(), "no key set: " + set);
  return *keys;
}

std::string joined(const std::string& header, const std::string& payload, const std::string& signature) {
  return base64url_encode(header) + '.' + base64url_encode(payload) + '.' + base64url_encode(signature);
}

}  // namespace

Test(jose, a_token_is_believed_by_the_key_that_its_kid_names) {
  const ForgeKey rsa{"rsa"};
  const ForgeKey ec{"ec", 0};
  const auto keys = keys_of(jwks({&rsa, &ec}));
  for (const auto* key : {&rsa, &ec}) {
    const auto token = crypto::read_foreign_token(key->token(kPayload));
    require(token && keys.verify(*token), key->alg() + " is refused");
    require_equal(token->payload, kPayload);
    require_equal(token->kid, key->kid());
  }
  require(keys.has("rsa") && keys.has("ec") && !keys.has("other") && !keys.has(""), "kids");
}

Test(jose, what_another_key_signed_or_somebody_changed_is_not_believed) {
  const ForgeKey rsa{"one"};
  const ForgeKey other{"one"};
  const ForgeKey ec{"two", 0};
  const auto keys = keys_of(jwks({&rsa, &ec}));
  require(!believed(keys, other.token(kPayload)), "another key of the same kid");
  require(!believed(keys, rsa.token(R"({"alg":"RS256","kid":"two"})", kPayload)), "the kid of another key");
  require(!believed(keys, ec.token(R"({"alg":"ES256","kid":"one"})", kPayload)),
          "an EC key under an RSA kid");
  require(!believed(keys, rsa.token(R"({"alg":"ES256","kid":"one"})", kPayload)), "another algorithm");
  require(!believed(keys, rsa.token(R"({"alg":"RS256","kid":"none"})", kPayload)), "an unknown kid");
  auto changed = rsa.token(kPayload);
  changed.replace(changed.find('.') + 1, 4, base64url_encode(R"({"a)"));
  require(!believed(keys, changed), "another payload");
  const auto header = base64url_encode(ec.header()) + '.' + base64url_encode(kPayload);
  require(!believed(keys, header + '.' + base64url_encode(std::string(64, '\0'))), "r and s of zero");
  require(!believed(keys, header + '.' + base64url_encode(ec.sign(header) + 'x')), "a longer signature");
}

Test(jose, no_other_algorithm_is_read) {
  const ForgeKey rsa{"one"};
  const auto keys = keys_of(jwks({&rsa}));
  for (const char* alg : {"none", "None", "NONE", "", "HS256", "HS512", "RS384", "PS256", "ES384", "rs256"}) {
    const auto header = std::string{R"({"alg":")"} + alg + R"(","kid":"one"})";
    require(!crypto::read_foreign_token(rsa.token(header, kPayload)), std::string{"read: "} + alg);
    const auto text = base64url_encode(header) + '.' + base64url_encode(kPayload);
    require(!crypto::read_foreign_token(text + '.'), "an empty signature");
    const auto mac = crypto::hmac_sha256(rsa.pem(), text);
    require(!believed(keys, text + '.' + base64url_encode(mac)), "the public key as a secret");
  }
}

Test(jose, ed25519_signs_as_well_and_no_key_stands_for_another_algorithm) {
  const ForgeKey okp{"one", ForgeKey::kEd25519};
  const ForgeKey rsa{"one"};
  require(believed(keys_of(jwks({&okp})), okp.token(kPayload)), "EdDSA");
  const std::string as_eddsa = R"({"alg":"EdDSA","kid":"one"})";
  require(!believed(keys_of(jwks({&rsa})), rsa.token(as_eddsa, kPayload)), "an RSA key as EdDSA");
  require(!believed(keys_of(jwks({&rsa})), okp.token(kPayload)), "another's key");
  require(!believed(keys_of(jwks({&okp})), okp.token(R"({"alg":"ES256","kid":"one"})", kPayload)),
          "EdDSA as ES256");
  require(keys_of("{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"X25519\",\"kid\":\"x\",\"x\":\"" +
                  std::string(43, 'A') + "\"}]}")
              .empty(),
          "a key for agreement");
}

Test(jose, what_is_no_plain_token_is_not_read) {
  const ForgeKey rsa{"one"};
  const auto good = rsa.token(kPayload);
  require(crypto::read_foreign_token(good).has_value(), "a good one");
  for (const auto& text :
       {std::string{}, std::string{"."}, std::string{".."}, good + ".x", good + "=", ' ' + good, good + '\n',
        good.substr(0, good.rfind('.')), std::string(20000, 'A') + good,
        rsa.token(R"({"alg":"RS256"})", kPayload), rsa.token(R"({"alg":"RS256","kid":1})", kPayload),
        rsa.token(R"({"alg":"RS256","kid":""})", kPayload),
        rsa.token(R"({"alg":"RS256","kid":"one","crit":["exp"]})", kPayload),
        rsa.token(R"({"alg":"RS256","kid":"one","b64":false})", kPayload),
        rsa.token(R"({"alg":"none","alg":"RS256","kid":"one"})", kPayload),
        rsa.token(R"(["RS256"])", kPayload), rsa.token("null", kPayload), rsa.token("{", kPayload),
        joined(std::string{"{\"alg\":\"RS256\",\"kid\":\"one\"}\0", 28}, kPayload, "x")})
    require(!crypto::read_foreign_token(text), "read: " + text.substr(0, 80));
}

Test(jose, a_key_that_cannot_be_used_is_left_out) {
  const ForgeKey good{"good"};
  const ForgeKey weak{"weak", 1024};
  const ForgeKey ec{"ec", 0};
  const ForgeKey for_secrets{"enc"};
  const ForgeKey for_other{"other"};
  auto off_curve = ec.jwk();
  const auto y = off_curve.find("\"y\":\"") + 5;
  off_curve[y] = off_curve[y] == 'A' ? 'B' : 'A';
  const auto keys =
      keys_of("{\"keys\":[" + weak.jwk() + ',' + off_curve + ',' + for_secrets.jwk(R"("use":"enc",)") + ',' +
              for_other.jwk(R"("alg":"RS512",)") +
              R"(,{"kty":"oct","kid":"secret","k":"AAAA"},{"kty":"RSA","kid":"empty"},1,null,)" +
              good.jwk(R"("alg":"RS256",)") + "]}");
  require(keys.has("good"), "the good one");
  for (const char* kid : {"weak", "ec", "enc", "other", "secret", "empty"})
    require(!keys.has(kid), std::string{"used: "} + kid);
  for (const char* text : {"", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[", "null", "<html>"})
    require(!ForeignKeys::parse(text), std::string{"a key set: "} + text);
  require(!keys_of("{\"keys\":[]}").has("x"), "an empty set");
}

Test(jose, a_key_whose_operations_do_not_include_verifying_is_left_out) {
  const ForgeKey key{"k"};
  for (const char* ops :
       {R"([])", R"(["sign"])", R"(["encrypt","wrapKey"])", R"("verify")", R"({"verify":1})",
        R"([1,"verify"])", R"(["verify","verify"])", "null", R"(["Verify"])"})
    require(!keys_of("{\"keys\":[" + key.jwk("\"key_ops\":" + std::string{ops} + ',') + "]}").has("k"), ops);
  for (const char* ops : {R"(["verify"])", R"(["sign","verify"])"})
    require(keys_of("{\"keys\":[" + key.jwk("\"key_ops\":" + std::string{ops} + ',') + "]}").has("k"), ops);
  for (const char* use : {R"("use":"",)", R"("use":1,)", R"("use":null,)", R"("use":"SIG",)"})
    require(!keys_of("{\"keys\":[" + key.jwk(use) + "]}").has("k"), use);
  require(!keys_of("{\"keys\":[" + key.jwk(R"("d":"AQAB",)") + "]}").has("k"), "a private key in public");
}

// 65537^12345 modulo the product of the primes up to 167, and a multiple of that product: 2048 bits.
constexpr const char* kRocaShaped =
    "iCETiEfNgyE_a19OGJHUYzH7_6SDOEswXS1tGqt61VZHX5o22c9cYiOh0E8SXfn7fqiDBR3jF8Y_klKDR0uDPAofPJ"
    "RfUNvRvtyt0a4_annVxsRFwXMsLOWrDht64WGIbLRB_Vle097eR8ELC2przlBYQdWdqXIZ71Q_gB2jh8lxOLSG2ymA"
    "iWYosZ55ACroGxGX3ov7tvmcIbZYiSc4lDx10Hvqc5iv3-XftM1xPeQ1TiFIs5dcSohDkWjaYhrNrQ-prLxJbeB64A"
    "RuxY9ymPrY3rk5FUAeqwQobNDzX1wMGhjBbHSx6xEzNcDIKA8OWET8IJMvy-z8GxiDT-h5lQ";

Test(jose, a_key_of_the_roca_shape_is_left_out) {
  const auto jwk = [](const std::string& n) {
    return R"({"keys":[{"kty":"RSA","kid":"k","e":"AQAB","n":")" + n + "\"}]}";
  };
  require(!keys_of(jwk(kRocaShaped)).has("k"), "a modulus that can be factored");
  std::string other = kRocaShaped;
  other[10] = other[10] == 'A' ? 'B' : 'A';
  require(keys_of(jwk(other)).has("k"), "a modulus beside it");
}
