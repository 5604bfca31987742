// What an ID token must say, claim by claim.
#include <criterion/criterion.h>

#include "identity/sso/id_token.hpp"
#include "support/check.hpp"
#include "tenantd/domain/error.hpp"

using namespace tenantd;
using namespace tenantd::test;
using service::Claims;
using store::ProviderKind;

namespace {

const TimePoint kNow = from_unix(1'800'000'000);
constexpr const char* kTid = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
constexpr const char* kOid = "6a7fbd2c-2b1f-4c8e-9a3e-0d6a4f6e5b11";

service::IdTokenRules google(std::vector<std::string> domains = {}) {
  return {ProviderKind::google, "https://idp.example", "client", "n", {}, std::move(domains), kNow,
          Seconds{60}};
}
service::IdTokenRules microsoft(std::vector<std::string> domains = {}) {
  return {ProviderKind::microsoft,
          "https://idp.example",
          "client",
          "n",
          kTid,
          std::move(domains),
          kNow,
          Seconds{60}};
}

// A good payload with some members instead of others: {"aud", "\"x\""}; "" leaves the member out.
std::string payload(std::vector<std::pair<std::string, std::string>> changes = {}) {
  std::vector<std::pair<std::string, std::string>> members = {{"iss", "\"https://idp.example\""},
                                                              {"aud", "\"client\""},
                                                              {"sub", "\"ann\""},
                                                              {"nonce", "\"n\""},
                                                              {"iat", "1800000000"},
                                                              {"exp", "1800000300"},
                                                              {"hd", "\"example.com\""},
                                                              {"email", "\"Ann@Example.com\""},
                                                              {"email_verified", "true"},
                                                              {"tid", '"' + std::string{kTid} + '"'},
                                                              {"oid", '"' + std::string{kOid} + '"'}};
  for (auto& [name, value] : changes) {
    bool known = false;
    for (auto& member : members) {
      if (member.first != name) continue;
      member.second = value;
      known = true;
    }
    if (!known) members.emplace_back(name, value);
  }
  std::string text;
  for (const auto& [name, value] : members)
    if (!value.empty()) text += (text.empty() ? "\"" : ",\"") + name + "\":" + value;
  return '{' + text + '}';
}

// The name of the refusal, "" if there is none.
std::string refusal(const std::string& text, const service::IdTokenRules& rules) {
  try {
    service::check_id_token(text, rules);
    return "";
  } catch (const ApiError& e) {
    return std::string{error_name(e.code())};
  }
}

}  // namespace

Test(id_token, a_good_one_is_read) {
  const auto claims = service::check_id_token(
      payload({{"given_name", "\"Ann\\u0000\\n\""}, {"family_name", '"' + std::string(300, 'x') + '"'}}),
      google());
  require_equal(claims.subject, "ann");
  require_equal(claims.email.value().str(), "ann@example.com");
  require(claims.email_proven, "proven");
  require_equal(claims.profile, "{\"first_name\":\"Ann\",\"last_name\":\"" + std::string(100, 'x') + "\"}");
  const auto entra = service::check_id_token(
      payload({{"email", ""}, {"preferred_username", "\"bob@b.example\""}}), microsoft());
  require_equal(entra.subject, kOid);
  require_equal(entra.email.value().str(), "bob@b.example");
  require(!entra.email_proven, "Entra proves no address");
}

Test(id_token, every_claim_that_is_wrong_refuses_it) {
  struct Case {
    const char* claim;
    const char* value;
  };
  for (const auto& [claim, value] : {Case{"iss", "\"https://idp.example/\""},
                                     Case{"iss", "\"https://evil.example\""},
                                     Case{"iss", ""},
                                     Case{"iss", "1"},
                                     Case{"aud", "\"other\""},
                                     Case{"aud", ""},
                                     Case{"aud", "[]"},
                                     Case{"aud", "[\"other\"]"},
                                     Case{"aud", "[\"client\",\"other\"]"},
                                     Case{"aud", "[\"client\",1]"},
                                     Case{"aud", "1"},
                                     Case{"azp", "\"other\""},
                                     Case{"azp", "1"},
                                     Case{"nonce", "\"m\""},
                                     Case{"nonce", ""},
                                     Case{"nonce", "\"\""},
                                     Case{"nonce", "null"},
                                     Case{"exp", ""},
                                     Case{"exp", "1799999940"},
                                     Case{"exp", "0"},
                                     Case{"exp", "-1"},
                                     Case{"exp", "\"1800000300\""},
                                     Case{"exp", "1e99"},
                                     Case{"iat", ""},
                                     Case{"iat", "1800000061"},
                                     Case{"nbf", "1800000061"},
                                     Case{"nbf", "\"x\""},
                                     Case{"sub", ""},
                                     Case{"sub", "\"\""},
                                     Case{"sub", "1"},
                                     Case{"sub", "\"ann \""},
                                     Case{"sub", "\"\\u00e4\""}}) {
    const auto text = payload({{claim, value}});
    require_equal(refusal(text, google()), "oauth_token_refused", text);
    require_equal(refusal(text, microsoft()), "oauth_token_refused", text);
  }
  for (const auto& [claim, value] : {Case{"tid", ""}, Case{"tid", "\"3f2504e0-4f89-41d3-9a0c-0305e82c3302\""},
                                     Case{"oid", ""}, Case{"oid", "\"ann\""}}) {
    const auto text = payload({{claim, value}});
    require_equal(refusal(text, microsoft()), "oauth_token_refused", text);
    require_equal(refusal(text, google()), "", text);
  }
  require_equal(refusal(payload({{"sub", '"' + std::string(256, 'x') + '"'}}), google()),
                "oauth_token_refused");
  for (const char* text : {"", "{", "[]", "null", "{\"iss\":1,\"iss\":2}"})
    require_equal(refusal(text, google()), "oauth_token_refused", text);
}

Test(id_token, clocks_may_differ_by_the_skew_and_an_audience_may_be_a_list) {
  for (const auto& text : {payload({{"exp", "1799999941"}}), payload({{"iat", "1800000060"}}),
                           payload({{"nbf", "1800000060"}}), payload({{"aud", "[\"client\"]"}}),
                           payload({{"aud", "[\"client\",\"other\"]"}, {"azp", "\"client\""}}),
                           payload({{"azp", "\"client\""}})})
    require_equal(refusal(text, google()), "", text);
}

Test(id_token, a_domain_is_matched_whole_and_by_what_google_signs) {
  const auto rules = google({"example.com", "xn--mller-kva.example"});
  require_equal(refusal(payload(), rules), "");
  require_equal(refusal(payload({{"hd", "\"EXAMPLE.com\""}}), rules), "");
  const auto umlaut = "\"m\xC3\xBCller.example\"";
  require_equal(refusal(payload({{"hd", umlaut}, {"email", "\"a@m\xC3\xBCller.example\""}}), rules), "");
  for (const auto& changes :
       std::vector<std::vector<std::pair<std::string, std::string>>>{{{"hd", ""}},
                                                                     {{"hd", "\"sub.example.com\""}},
                                                                     {{"hd", "\"evilexample.com\""}},
                                                                     {{"hd", "\"example.com.evil.example\""}},
                                                                     {{"hd", "1"}},
                                                                     {{"email_verified", ""}},
                                                                     {{"email_verified", "false"}},
                                                                     {{"email_verified", "\"true\""}},
                                                                     {{"email", ""}},
                                                                     {{"email", "\"a@sub.example.com\""}},
                                                                     {{"email", "\"a@evilexample.com\""}}})
    require_equal(refusal(payload(changes), rules), "domain_not_allowed", payload(changes));
  const auto entra = microsoft({"example.com"});
  require_equal(refusal(payload({{"hd", ""}, {"email_verified", ""}}), entra), "");
  for (const char* address : {"", "\"a@sub.example.com\"", "\"a@evilexample.com\"", "\"a@b\""})
    require_equal(refusal(payload({{"email", address}}), entra), "domain_not_allowed", address);
}

Test(id_token, google_answers_only_for_an_address_that_it_hosts) {
  const auto proven = [](const std::string& text) {
    return service::check_id_token(text, google()).email_proven;
  };
  require(proven(payload()), "hosted");
  require(!proven(payload({{"hd", ""}})), "a private account");
  require(!proven(payload({{"hd", "\"other.example\""}})), "another domain");
  require(!proven(payload({{"email_verified", "false"}})), "not verified");
}
