#include <criterion/criterion.h>

#include "crypto/jwt_fixture.hpp"

using namespace tenantd::test::tokens;
using namespace tenantd;
using namespace tenantd::test;
using crypto::AccessClaims;
using crypto::KeyRing;

Test(jwt, token_gives_back_its_claims) {
  const World world;
  AccessClaims claims = kClaims;
  claims.actor = crypto::new_id<UserId>();
  const auto read = world.verify(crypto::sign_access_token(world.keys, kPolicy, claims));
  cr_assert(read.has_value());
  cr_assert(read->user == claims.user && read->session == claims.session);
  cr_assert(read->org == claims.org && read->actor == claims.actor);
  cr_assert(read->issued_at == claims.issued_at && read->expires_at == claims.expires_at);
}

Test(jwt, organization_and_actor_may_be_absent) {
  const World world;
  AccessClaims claims = kClaims;
  claims.org.reset();
  const auto read = world.verify(crypto::sign_access_token(world.keys, kPolicy, claims));
  cr_assert(read && !read->org && !read->actor);
}

Test(jwt, token_is_small_and_made_of_three_unpadded_segments) {
  const World world;
  const auto token = world.token();
  cr_assert(token.size() < 700, "%zu", token.size());
  cr_assert(std::ranges::count(token, '.') == 2 && !contains(token, "="));
  const auto header = base64url_decode(token.substr(0, token.find('.')));
  cr_assert(header == world.header());
}

Test(jwt, each_token_has_a_name_of_its_own) {
  const World world;
  cr_assert(world.token() != world.token());
}

Test(jwt, forger_of_these_tests_is_believed_when_nothing_is_wrong) {
  const World world;
  cr_assert(world.accepts_payload(world.payload()));
  cr_assert(world.accepts_header(
      replaced(world.header(), R"("alg":"EdDSA","typ":"at+jwt")", R"("typ":"at+jwt", "alg":"EdDSA")")));
}

Test(jwt, issuer_with_characters_that_json_escapes_is_kept) {
  const World world;
  const crypto::TokenPolicy policy{"https://x/\"\\\n\xC3\xA4", "a\tb"};
  const auto token = crypto::sign_access_token(world.keys, policy, kClaims);
  cr_assert(crypto::verify_access_token(world.keys, policy, token, kNow).has_value());
}

Test(jwt, alg_none_in_any_case_is_refused) {
  const World world;
  for (const char* alg :
       {"none", "None", "NONE", "nOnE", "", "EDDSA", "eddsa", "Ed25519", "ES256", "RS256"}) {
    const auto header = replaced(world.header(), "EdDSA", alg);
    const auto input = base64url_encode(header) + "." + base64url_encode(world.payload());
    cr_assert(!world.verify(input + "."), "%s without a signature", alg);
    cr_assert(!world.verify(input), "%s without a third segment", alg);
    cr_assert(!world.accepts_header(header), "%s with a good signature", alg);
  }
}

Test(jwt, hmac_with_the_public_key_as_secret_is_refused) {
  const World world;
  const std::string x = world.keys.active(kNow).public_x();
  for (const auto& secret : {x, *base64url_decode(x), world.keys.jwks_json()})
    for (const char* alg : {"HS256", "EdDSA"}) {
      const auto input =
          base64url_encode(replaced(world.header(), "EdDSA", alg)) + "." + base64url_encode(world.payload());
      cr_assert(!world.verify(input + "." + base64url_encode(crypto::hmac_sha256(secret, input))));
    }
}

Test(jwt, header_with_any_other_member_is_refused) {
  const World world;
  const auto stranger = crypto::SigningKey::generate();
  for (const std::string& member :
       {R"("jwk":{"kty":"OKP","crv":"Ed25519","x":")" + stranger->public_x() + "\"}",
        std::string{R"("jku":"https://evil.example/jwks")"},
        std::string{R"("x5u":"https://evil.example/x5u")"}, std::string{R"("x5c":["MIIB"])"},
        std::string{R"("x5t":"AAAA")"}, std::string{R"("crit":["exp"],"exp":1)"}, std::string{R"("crit":[])"},
        std::string{R"("b64":false)"}, std::string{R"("zip":"DEF")"}, std::string{R"("cty":"JWT")"},
        std::string{R"("nonce":"x")"}}) {
    const auto header = replaced(world.header(), "}", "," + member + "}");
    cr_assert(!world.accepts_header(header), "%s", header.c_str());
  }
}

Test(jwt, key_that_the_token_brings_along_is_not_used) {
  const World world;
  const auto stranger = crypto::SigningKey::generate();
  for (const auto& kid : {world.kid(), stranger->kid()}) {
    const auto header = R"({"alg":"EdDSA","typ":"at+jwt","kid":")" + kid + "\"}";
    const auto input = base64url_encode(header) + "." + base64url_encode(world.payload());
    cr_assert(!world.verify(input + "." + base64url_encode(stranger->sign(input))));
  }
}

Test(jwt, unknown_kid_is_refused) {
  const World world;
  for (const std::string& kid :
       {std::string{}, std::string{"unknown"}, world.kid() + "A", world.kid().substr(1),
        "../signing/" + world.kid(), std::string{"../../seal"}, std::string{"../../../dev/null"},
        world.kid() + ".pem", world.kid() + "\\u0000", std::string{"' OR 1=1 --"}})
    cr_assert(!world.accepts_header(replaced(world.header(), world.kid(), kid)), "%s", kid.c_str());
}

Test(jwt, header_members_of_wrong_type_or_missing_are_refused) {
  const World world;
  for (const std::string header :
       {R"({"alg":["EdDSA"],"typ":"at+jwt","kid":"K"})", R"({"alg":"EdDSA","typ":null,"kid":"K"})",
        R"({"alg":"EdDSA","typ":"at+jwt","kid":7})", R"({"alg":"EdDSA","typ":"at+jwt"})",
        R"({"alg":"EdDSA","kid":"K"})", R"({"typ":"at+jwt","kid":"K"})",
        R"({"alg":"EdDSA","alg":"EdDSA","typ":"at+jwt","kid":"K"})",
        R"({"alg":"EdDSA","typ":"at+jwt","kid":"other","kid":"K"})",
        R"({"alg":"EdDSA","alg":"EdDSA","kid":"K"})", R"(["EdDSA","at+jwt","K"])", R"("EdDSA")", "null", "",
        "{}", R"({"Alg":"EdDSA","typ":"at+jwt","kid":"K"})"})
    cr_assert(!world.accepts_header(
                  contains(header, "K") ? replaced(header, "\"K\"", "\"" + world.kid() + "\"") : header),
              "%s", header.c_str());
}

Test(jwt, token_of_another_type_is_refused) {
  const World world;
  for (const char* typ : {"JWT", "jwt", "AT+JWT", "application/at+jwt", "rt+jwt", "reset+jwt", ""})
    cr_assert(!world.accepts_header(replaced(world.header(), "at+jwt", typ)), "%s", typ);
}

Test(jwt, number_of_segments_is_exactly_three) {
  const World world;
  const auto token = world.token();
  for (const std::string& other :
       {std::string{}, std::string{"."}, std::string{".."}, std::string{"..."}, token + ".", "." + token,
        token + "." + token, token + ".AAAA", replaced(token, ".", ".."), replaced(token, ".", ""),
        token.substr(0, token.rfind('.')), std::string(4096, '.')})
    cr_assert(!world.verify(other), "%s", other.c_str());
}

Test(jwt, base64url_is_strict_in_every_segment) {
  const World world;
  const auto token = world.token();
  const auto first = token.find('.');
  const auto last = token.rfind('.');
  for (const char* noise : {"=", "==", "\n", " ", "+", "/", "%3D", "\xC3\xA4"})
    for (const std::size_t at : {std::size_t{0}, first, first + 1, last, last + 1, token.size()})
      cr_assert(!world.verify(token.substr(0, at) + noise + token.substr(at)), "%s at %zu", noise, at);
}

Test(jwt, trailing_bits_of_the_signature_are_refused) {
  // 64 bytes leave four bits in the 86th character: of the sixteen spellings one is ours.
  const World world;
  const auto token = world.token();
  int accepted = 0;
  for (const char c : std::string{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"}) {
    std::string other = token;
    other.back() = c;
    accepted += world.verify(other) ? 1 : 0;
  }
  cr_assert(accepted == 1);
}

Test(jwt, any_changed_character_is_refused) {
  const World world;
  const auto token = world.token();
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string other = token;
    other[i] = other[i] == 'A' ? 'B' : 'A';
    cr_assert(!world.verify(other), "at %zu", i);
    cr_assert(!world.verify(token.substr(0, i)), "cut at %zu", i);
  }
}

Test(jwt, wrong_issuer_or_audience_is_refused) {
  const World world;
  for (const char* iss : {"https://evil.example", "https://id.example.org/", "https://id.example.org.evil",
                          "HTTPS://ID.EXAMPLE.ORG", ""})
    cr_assert(!world.accepts_with("https://id.example.org", iss), "%s", iss);
  for (const char* aud : {"other", "tenantd2", "Tenantd", "", "tenant", "tenantd\\u0000"})
    cr_assert(!world.accepts_with(R"("aud":"tenantd")", std::string{R"("aud":")"} + aud + "\""), "%s", aud);
  cr_assert(!world.accepts_with(R"("aud":"tenantd")", R"("aud":["tenantd"])"));
  cr_assert(!world.accepts_with(R"("aud":"tenantd")", R"("aud":["tenantd","other"])"));
}

Test(jwt, token_expires_exactly_at_exp) {
  const World world;
  const auto token = world.token();
  cr_assert(world.verify(token, kNow).has_value());
  cr_assert(world.verify(token, kNow + Seconds{899}).has_value());
  cr_assert(!world.verify(token, kNow + Seconds{900}));
  cr_assert(!world.verify(token, kNow + Seconds{901}));
}

Test(jwt, token_is_not_valid_before_nbf) {
  const World world;
  cr_assert(!world.verify(world.token(), kNow - Seconds{1}));
  cr_assert(!world.accepts_with(R"("nbf":1800000000)", R"("nbf":1800000001)"));
}

Test(jwt, every_claim_is_needed) {
  const World world;
  for (const std::string& claim :
       {std::string{R"("iss":"https://id.example.org",)"}, R"("sub":")" + kUser + "\",",
        std::string{R"("aud":"tenantd",)"}, std::string{R"("exp":1800000900,)"},
        std::string{R"("iat":1800000000,)"}, std::string{R"("nbf":1800000000,)"},
        R"("sid":")" + kSession + "\",", std::string{R"(,"jti":"AAAAAAAAAAAAAAAAAAAAAA")"}})
    cr_assert(!world.accepts_with(claim, ""), "%s", claim.c_str());
}

Test(jwt, token_without_a_name_is_refused) {
  const World world;
  cr_assert(!world.accepts_with("AAAAAAAAAAAAAAAAAAAAAA", ""));
}

Test(jwt, times_are_whole_numbers) {
  const World world;
  for (const char* value :
       {R"("1800000900")", "1800000900.0", "1800000900.5", "1.8e9", "18000009e2", "null", "true",
        "[1800000900]", "{}", "9223372036854775808", "1e400", "-1", "NaN", "Infinity", "0x6B49D584"})
    cr_assert(!world.accepts_with("1800000900", value), "%s", value);
  for (const char* value : {R"("1")", "1.0", "null", "-1", "false"}) {
    cr_assert(!world.accepts_with(R"("nbf":1800000000)", std::string{R"("nbf":)"} + value), "%s", value);
    cr_assert(!world.accepts_with(R"("iat":1800000000)", std::string{R"("iat":)"} + value), "%s", value);
  }
}

Test(jwt, ids_of_wrong_form_are_refused) {
  const World world;
  for (const char* id : {"", "1", "admin", "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
                         "017f22e279b07cc398c4dc0c0c07398f", "' OR 1=1 --"}) {
    cr_assert(!world.accepts_with(kUser, id), "%s", id);
    cr_assert(!world.accepts_with(kSession, id), "%s", id);
    cr_assert(!world.accepts_with("}", std::string{R"(,"org":")"} + id + "\"}"), "%s", id);
    cr_assert(!world.accepts_with("}", std::string{R"(,"act":{"sub":")"} + id + "\"}}"), "%s", id);
  }
  for (const char* value : {"null", "7", "[]", "{}"}) {
    cr_assert(!world.accepts_with("}", std::string{R"(,"org":)"} + value + "}"), "%s", value);
    cr_assert(!world.accepts_with("}", std::string{R"(,"act":)"} + value + "}"), "%s", value);
    cr_assert(!world.accepts_with("\"" + kUser + "\"", value), "%s", value);
    cr_assert(!world.accepts_with(R"("AAAAAAAAAAAAAAAAAAAAAA")", value), "%s", value);
  }
}

Test(jwt, actor_is_one_person_and_nothing_else) {
  const World world;
  const std::string sub = R"("sub":")" + kOrg + "\"";
  cr_assert(world.accepts_with("}", R"(,"act":{)" + sub + "}}"));
  cr_assert(!world.accepts_with("}", R"(,"act":{)" + sub + "," + sub + "}}"));
  cr_assert(!world.accepts_with("}", R"(,"act":{)" + sub + R"(,"act":{)" + sub + "}}}"), "nested");
  cr_assert(!world.accepts_with("}", R"(,"act":")" + kOrg + "\"}"));
}

Test(jwt, duplicate_claim_is_refused) {
  const World world;
  for (const std::string& claim :
       {R"("sub":")" + kOrg + "\"", std::string{R"("exp":1900000000)"}, R"("sid":")" + kSession + "\"",
        std::string{R"("aud":"tenantd")"}, std::string{R"("\u0073ub":"x")"}, std::string{R"("x":1,"x":2)"}}) {
    cr_assert(!world.accepts_with("}", "," + claim + "}"), "%s", claim.c_str());
    cr_assert(!world.accepts_with("{", "{" + claim + ","), "%s", claim.c_str());
  }
}

Test(jwt, claims_of_a_later_version_are_ignored) {
  const World world;
  cr_assert(world.accepts_with("}", R"(,"later":{"a":[1,2,{"b":null}]}})"));
}

Test(jwt, json_that_is_not_strict_is_refused) {
  const World world;
  const auto payload = world.payload();
  for (const std::string& other :
       {payload + "x", payload + payload, payload + std::string(1, '\0'), payload + std::string("\0{}", 3),
        " " + payload, "\xEF\xBB\xBF" + payload, "/**/" + payload, replaced(payload, "}", ",}"),
        replaced(payload, "{", "{,"), replaced(payload, "\"sub\"", "'sub'"), "[" + payload + "]",
        replaced(payload, "}", ""), std::string{"null"}, std::string{},
        replaced(payload, "}", ",\"bad\":\"\xff\"}"), replaced(payload, "}", ",\"bad\":\"\\ud800\"}")})
    cr_assert(!world.accepts_payload(other), "%s", other.c_str());
}

Test(jwt, deep_json_is_refused_without_harm) {
  const World world;
  cr_assert(!world.verify(base64url_encode("{\"a\":" + std::string(3000, '[')) + ".e30.AAAA"));
  cr_assert(!world.accepts_header(std::string(700, '[') + std::string(700, ']')));
}

Test(jwt, token_beyond_4096_bytes_is_refused) {
  const World world;
  const auto padded = [&](std::size_t blanks) {
    return world.forge(world.header(), replaced(world.payload(), "}", std::string(blanks, ' ') + "}"));
  };
  std::size_t blanks = 2000;
  while (padded(blanks + 1).size() <= 4096) ++blanks;
  cr_assert(world.verify(padded(blanks)).has_value());
  cr_assert(!world.verify(padded(blanks + 1)));
  cr_assert(!world.verify(std::string(100 << 20, 'A')));
}

Test(jwt, rotation_keeps_old_tokens_valid_and_retirement_ends_them) {
  World world;
  const auto old_token = world.token();
  const auto old_kid = world.kid();
  KeyRing::rotate(world.folder.keys(), kNow);
  world.keys = KeyRing::load(world.folder.keys());
  const auto new_token = world.token();
  cr_assert(world.verify(old_token).has_value() && world.verify(new_token).has_value());
  KeyRing::retire(world.folder.keys(), old_kid, kNow, Seconds{0});
  world.keys = KeyRing::load(world.folder.keys());
  cr_assert(!world.verify(old_token));
  cr_assert(world.verify(new_token).has_value());
}

Test(jwt, token_of_one_key_under_the_name_of_another_is_refused) {
  World world;
  const auto old_kid = world.kid();
  KeyRing::rotate(world.folder.keys(), kNow);
  world.keys = KeyRing::load(world.folder.keys());
  cr_assert(world.keys.find(old_kid) != nullptr);
  cr_assert(!world.accepts_header(replaced(world.header(), world.kid(), old_kid)));
}

Test(jwt, token_of_another_installation_is_refused) {
  const World ours;
  const World theirs;
  cr_assert(!ours.verify(theirs.token()));
  cr_assert(!ours.verify(theirs.forge(ours.header(), ours.payload())));
}
