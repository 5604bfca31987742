// Access tokens that carry our own signature and are still none of ours, tokens that name keys elsewhere, and
// tokens in other forms: each is refused, nobody is asked for a key, and no log keeps one.
#include <criterion/criterion.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "crypto/signing_key.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/listener.hpp"
#include "support/processes.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/crypto/keys.hpp"

using namespace tenantd::test;
using tenantd::base64url_decode;
using tenantd::base64url_encode;
namespace crypto = tenantd::crypto;

namespace {

struct Parts {
  std::string header, payload;
};

Parts parts_of(const std::string& token) {
  const auto pieces = tenantd::split(token, '.');
  require_equal(pieces.size(), 3U, token);
  return {base64url_decode(pieces[0]).value(), base64url_decode(pieces[1]).value()};
}

// The JSON object with the member set to `value` (JSON), or without it if that is empty.
std::string with(const std::string& object, const char* member, const std::string& value) {
  rapidjson::Document document;
  document.Parse(object);
  require(document.IsObject(), object);
  document.RemoveMember(member);
  if (!value.empty()) {
    rapidjson::Document parsed{&document.GetAllocator()};
    parsed.Parse(value);
    require(!parsed.HasParseError(), value);
    document.AddMember(rapidjson::Value{member, document.GetAllocator()}, parsed, document.GetAllocator());
  }
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  document.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

// Signed by the key that signs.
std::string signed_by_us(const Parts& parts) {
  static const auto ring = crypto::KeyRing::load(setting("KEYS_DIR"));
  const auto text = base64url_encode(parts.header) + '.' + base64url_encode(parts.payload);
  return text + '.' + base64url_encode(ring.active(tenantd::now()).sign(text));
}

// Sends tokens that must be refused, and remembers them.
class Forger {
 public:
  void expect_refused(const std::string& token, const std::string& why,
                      const std::source_location& at = std::source_location::current()) {
    Client client;
    client.bearer(token);
    const auto reply = client.get("/users/me");
    require(reply.status == 401, why + " was taken: " + reply.describe(), at);
    expect_problem(reply, 401, "invalid_token", at);
    sent_.push_back(token);
  }
  // Throws if one of them stands in a log of the instance.
  void expect_unlogged() const {
    require(!sent_.empty(), "no token was sent");
    for (const auto& token : sent_) require_equal(log_with(run_dir(), token), "", "a log holds " + token);
  }

 private:
  std::vector<std::string> sent_;
};

void expect_taken(const std::string& token) { expect(Client{}.bearer(token).get("/users/me"), 200); }

}  // namespace

Test(token_forgery, a_claim_that_is_missing_or_of_another_kind_is_refused_under_our_own_signature) {
  const auto good = parts_of(sign_up().access_token);
  const auto now = std::to_string(tenantd::unix_seconds(tenantd::now()));
  const auto later = std::to_string(tenantd::unix_seconds(tenantd::now()) + 600);
  expect_taken(signed_by_us(good));
  Forger forger;
  const std::vector<std::pair<const char*, std::vector<std::string>>> claims = {
      {"exp", {"", now, "0", "-1", '"' + later + '"', later + ".5", "9e99", "null", "true"}},
      {"nbf", {"", later, '"' + now + '"', "null"}},
      {"iat", {"", '"' + now + '"', "null"}},
      {"iss", {"", "null", R"("https://evil.example")", "[" + Field{setting("PUBLIC_URL")}.json() + "]"}},
      {"aud", {"", "null", R"("other")", R"(["tenantd"])", R"("tenantd ")", R"("Tenantd")"}},
      {"sub", {"", "null", R"("")", R"("root@example.com")", "1"}},
      {"sid", {"", "null", R"("")", Field{fresh_id()}.json()}},
      {"jti", {"", "null", R"("")"}},
      {"org", {"null", R"("")", R"("acme")"}},
      {"act", {"null", "{}", R"({"sub":"x"})", R"("x")"}},
  };
  for (const auto& [name, values] : claims)
    for (const auto& value : values)
      forger.expect_refused(signed_by_us({good.header, with(good.payload, name, value)}),
                            std::string{name} + ' ' + value);
  forger.expect_unlogged();
}

Test(token_forgery, a_header_that_is_not_as_we_write_it_is_refused_under_our_own_signature) {
  const auto good = parts_of(sign_up().access_token);
  Forger forger;
  const std::vector<std::pair<const char*, std::vector<std::string>>> members = {
      {"typ",
       {"", "null", R"("JWT")", R"("at+JWT")", R"("application/at+jwt")", R"("logout+jwt")", R"("refresh")"}},
      {"alg",
       {"", "null", R"("none")", R"("None")", R"("NONE")", R"("nOnE")", R"("HS256")", R"("Ed25519")",
        R"(["EdDSA"])"}},
      {"kid",
       {"", "null", "1", R"("")", R"("../active")", R"("../../../../../../dev/null")", R"("/dev/null")",
        R"("active")"}},
      {"crit", {"[]", R"(["exp"])", R"(["b64"])", R"(["no-such-extension"])", "true"}},
      {"b64", {"false", "true"}},
      {"zip", {R"("DEF")"}},
      {"cty", {R"("JWT")"}},
  };
  for (const auto& [name, values] : members)
    for (const auto& value : values)
      forger.expect_refused(signed_by_us({with(good.header, name, value), good.payload}),
                            std::string{name} + ' ' + value);
  forger.expect_unlogged();
}

Test(token_forgery, a_key_that_the_token_names_elsewhere_is_not_asked_for) {
  const auto good = parts_of(sign_up().access_token);
  const Listener elsewhere;
  const auto thief = crypto::SigningKey::generate();
  const auto jwk = R"({"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":")" + thief->kid() +
                   R"(","x":")" + thief->public_x() + "\"}";
  const auto url = Field{elsewhere.url() + "/keys.json"}.json();
  Forger forger;
  for (const auto& [name, value] : std::vector<std::pair<const char*, std::string>>{
           {"jku", url}, {"x5u", url}, {"jwk", jwk}, {"x5c", R"(["AAAA"])"}, {"kid", url}, {"iss", url}}) {
    const auto header = with(good.header, name, value);
    const Parts parts{with(header, "kid", std::string{name} == "kid" ? url : Field{thief->kid()}.json()),
                      good.payload};
    const auto text = base64url_encode(parts.header) + '.' + base64url_encode(parts.payload);
    forger.expect_refused(text + '.' + base64url_encode(thief->sign(text)),
                          std::string{name} + " of the thief");
    forger.expect_refused(signed_by_us({header, good.payload}), name);
    forger.expect_refused(signed_by_us({good.header, with(good.payload, "iss", url)}),
                          "an issuer that listens");
  }
  require(!elsewhere.was_knocked_at(300), "the service asked for a key");
  forger.expect_unlogged();
}

Test(token_forgery, another_form_of_a_good_token_is_refused) {
  const auto owner = sign_up();
  const auto& token = owner.access_token;
  const auto first = token.find('.');
  const auto last = token.rfind('.');
  const auto put = [&](std::size_t at, const std::string& what) {
    auto changed = token;
    return changed.insert(at, what);
  };
  Forger forger;
  for (const char* what : {"=", "==", " ", "\t", "+", "/", ".", "%20", ","}) {
    forger.expect_refused(put(first, what), std::string{"after the header: "} + what);
    forger.expect_refused(put(last, what), std::string{"after the payload: "} + what);
    // RFC 9110, 11.4: any number of blanks stands between the scheme and what belongs to it.
    if (std::string_view{what} != " ")
      forger.expect_refused(put(0, what), std::string{"before the header: "} + what);
    forger.expect_refused(put(last + 1, what), std::string{"before the signature: "} + what);
    forger.expect_refused(put(last + 20, what), std::string{"in the signature: "} + what);
  }
  for (const char* tail : {"=", "==", "A", ".", ".AAAA", ".e30", ",", "%3D"})
    forger.expect_refused(token + tail, std::string{"behind the signature: "} + tail);
  forger.expect_refused(token + '.' + token, "the token twice");
  forger.expect_refused(token + ',' + token, "the token twice");
  forger.expect_refused('"' + token + '"', "in quotes");
  // Standard base64 of the same bytes, where that differs: with padding.
  forger.expect_refused(token.substr(0, last + 1) + std::string(86, 'A') + "==", "padded");
  expect_taken(token);
  expect_taken("  " + token);
  forger.expect_unlogged();
}

Test(token_forgery, no_log_keeps_a_token_that_was_good) {
  const auto owner = sign_up();
  auto client = owner.client();
  expect(client.get("/users/me"), 200);
  expect_problem(Client{}.get("/users/me?access_token=" + owner.access_token), 401, "unauthenticated");
  const auto next = Client{}.post("/refresh_token", object({{"refresh_token", owner.refresh_token}}));
  expect(next, 200);
  Client{}.get("/accept_invite?token=" + owner.refresh_token);
  Client{}.get("/no/such/path?token=" + owner.access_token);
  for (const auto& token :
       {owner.access_token, owner.refresh_token, next.text("/access_token"), next.text("/refresh_token")})
    require_equal(log_with(run_dir(), token), "", "a log holds a token");
}
