// Forged access tokens, built by hand and sent through nginx.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/processes.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/jwt.hpp"
#include "tenantd/crypto/random.hpp"

using namespace tenantd::test;
using tenantd::base64url_decode;
using tenantd::base64url_encode;
namespace crypto = tenantd::crypto;

namespace {

struct Parts {
  std::string header, payload, signature;
  std::string token() const {
    return base64url_encode(header) + '.' + base64url_encode(payload) + '.' + signature;
  }
};

Parts parts_of(const std::string& token) {
  const auto pieces = tenantd::split(token, '.');
  require_equal(pieces.size(), 3U, token);
  return {base64url_decode(pieces[0]).value(), base64url_decode(pieces[1]).value(), std::string{pieces[2]}};
}

std::string with(std::string json, const std::string& from, const std::string& to) {
  const auto at = json.find(from);
  require(at != std::string::npos, from + " is not in " + json);
  return json.replace(at, from.size(), to);
}

void expect_refused(const std::string& token, const std::string& why,
                    const std::source_location& at = std::source_location::current()) {
  Client client;
  client.bearer(token);
  const auto reply = client.get("/users/me");
  require(reply.status == 401, why + " was taken: " + reply.describe(), at);
  expect_problem(reply, 401, "invalid_token", at);
}

crypto::KeyRing keys() { return crypto::KeyRing::load(setting("KEYS_DIR")); }

crypto::AccessClaims claims_of(const Account& account) {
  crypto::AccessClaims claims;
  claims.user = tenantd::UserId::parse(account.user_id).value();
  const auto session = text_of("SELECT HEX(id) FROM session WHERE user_id = " + binary(account.user_id));
  auto uuid = tenantd::ascii_lower(session);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) uuid.insert(at, "-");
  claims.session = tenantd::SessionId::parse(uuid).value();
  claims.issued_at = tenantd::now() - tenantd::Seconds{10};
  claims.expires_at = tenantd::now() + tenantd::Seconds{600};
  return claims;
}

crypto::TokenPolicy policy() { return {setting("PUBLIC_URL"), "tenantd"}; }

}  // namespace

Test(jwt_attack, an_algorithm_of_the_attackers_choice_is_refused) {
  const auto owner = sign_up();
  const auto good = parts_of(owner.access_token);
  for (const char* alg : {"none", "None", "NONE", "nOnE", "", "HS256", "RS256", "ES256", "EdDSA ", "eddsa"}) {
    auto forged = good;
    forged.header = with(good.header, R"("alg":"EdDSA")", R"("alg":")" + std::string{alg} + '"');
    expect_refused(forged.token(), alg);
    forged.signature.clear();
    expect_refused(forged.token(), std::string{alg} + " without signature");
  }
  auto forged = good;
  forged.header = R"({"alg":"none"})";
  forged.signature.clear();
  expect_refused(forged.token(), "a bare none");
}

Test(jwt_attack, a_mac_under_the_published_key_is_refused) {
  const auto owner = sign_up();
  const auto jwks = Client{}.get("/.well-known/jwks.json");
  const auto published = jwks.text("/keys/0/x");
  auto forged = parts_of(owner.access_token);
  forged.header = with(forged.header, R"("alg":"EdDSA")", R"("alg":"HS256")");
  const auto signed_part = base64url_encode(forged.header) + '.' + base64url_encode(forged.payload);
  for (const auto& key : {published, base64url_decode(published).value(), jwks.body}) {
    forged.signature = base64url_encode(crypto::hmac_sha256(key, signed_part));
    expect_refused(forged.token(), "HS256 with the public key");
  }
}

Test(jwt_attack, keys_that_the_token_brings_along_are_refused) {
  const auto owner = sign_up();
  const auto good = parts_of(owner.access_token);
  for (const char* extra : {R"("jku":"http://127.0.0.1:1/keys")", R"("x5u":"http://127.0.0.1:1/x")",
                            R"("x5c":["AAAA"])", R"("crit":["exp"])", R"("crit":[])", R"("b64":false)",
                            R"("jwk":{"kty":"OKP","crv":"Ed25519","x":"AAAA"})", R"("zip":"DEF")",
                            R"("alg":"none")", R"("cty":"JWT")"}) {
    auto forged = good;
    forged.header = good.header.substr(0, good.header.size() - 1) + ',' + extra + '}';
    expect_refused(forged.token(), extra);
  }
  for (const char* kid : {"unknown", "", "../../../../dev/null", "' OR 1=1 --", "active"}) {
    auto forged = good;
    const auto at = forged.header.find(R"("kid":")") + 7;
    forged.header.replace(at, forged.header.find('"', at) - at, kid);
    expect_refused(forged.token(), kid);
  }
}

Test(jwt_attack, a_changed_claim_a_changed_signature_or_a_changed_form_is_refused) {
  const auto owner = sign_up();
  const auto other = sign_up();
  const auto good = parts_of(owner.access_token);
  auto forged = good;
  forged.payload = with(good.payload, owner.user_id, other.user_id);
  expect_refused(forged.token(), "another's sub");
  forged.payload = with(good.payload, owner.org_id, other.org_id);
  expect_refused(forged.token(), "another's org");
  forged.payload = good.payload + ' ';
  expect_refused(forged.token(), "a payload with a blank more");
  expect_refused(good.token() + ".AAAA", "four segments");
  expect_refused(good.token() + ".", "an empty fourth segment");
  expect_refused(good.token() + "=", "padding");
  expect_refused(owner.access_token.substr(0, owner.access_token.rfind('.')), "two segments");
  auto tail = good;
  tail.signature.back() = tail.signature.back() == 'A' ? 'B' : 'A';
  expect_refused(tail.token(), "another last character");
  Client client;
  client.bearer(good.token());
  expect(client.get("/users/me"), 200);
}

Test(jwt_attack, a_well_signed_token_of_another_time_issuer_audience_or_session_is_refused) {
  const auto owner = sign_up();
  const auto ring = keys();
  const auto good = claims_of(owner);
  Client client;
  client.bearer(crypto::sign_access_token(ring, policy(), good));
  expect(client.get("/users/me"), 200);

  auto claims = good;
  claims.expires_at = tenantd::now();
  expect_refused(crypto::sign_access_token(ring, policy(), claims), "an expired token");
  claims = good;
  claims.issued_at = tenantd::now() + tenantd::Seconds{60};
  expect_refused(crypto::sign_access_token(ring, policy(), claims), "a token not yet valid");
  claims = good;
  claims.session = crypto::new_id<tenantd::SessionId>();
  expect_refused(crypto::sign_access_token(ring, policy(), claims), "a session that is none");
  claims = good;
  claims.user = tenantd::UserId::parse(sign_up().user_id).value();
  expect_refused(crypto::sign_access_token(ring, policy(), claims), "another user's session");
  auto elsewhere = policy();
  elsewhere.audience = "other";
  expect_refused(crypto::sign_access_token(ring, elsewhere, good), "another audience");
  elsewhere = policy();
  elsewhere.issuer += '/';
  expect_refused(crypto::sign_access_token(ring, elsewhere, good), "another issuer");
}

Test(jwt_attack, a_token_for_an_organization_that_is_not_the_callers_opens_none) {
  const auto owner = sign_up();
  const auto other = sign_up();
  auto claims = claims_of(owner);
  claims.org = tenantd::OrgId::parse(other.org_id);
  Client client;
  client.bearer(crypto::sign_access_token(keys(), policy(), claims));
  const auto me = client.get("/users/me");
  expect(me, 200);
  require(me.at("/organization").IsNull(), me.describe());
  expect_problem(client.get("/organization/list_users"), 401, "invalid_token");
}
