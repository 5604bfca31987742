// Where a consent counts, and how many consents and codes an account has.
#include <criterion/criterion.h>

#include <algorithm>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/oauth.hpp"
#include "support/parallel.hpp"
#include "support/super_admin.hpp"
#include "tenantd/base/json_read.hpp"

using namespace tenantd::test;
namespace json = tenantd::json;

namespace {

// A program that registered itself: it is for everybody, and people are asked.
OauthClient assistant() {
  const auto opening = super_admin().client().post("/api/v1/admin/oauth/registration-tokens",
                                                   R"({"name":"Assistants","uses":1})");
  const auto made =
      Client{}
          .bearer(expect(opening, 201).text("/token"))
          .post("/oauth2/register", R"({"client_name":"Assistant","token_endpoint_auth_method":"none",)"
                                    R"("redirect_uris":["https://client.example.com/callback"]})");
  return {expect(made, 201).text("/client_id"), "", false};
}

// The account in a session of its own, active in that organization.
Account in_session(const Account& person, const std::string& org_id) {
  auto account =
      account_of(expect(sign_in(person.email, person.password), 200), person.email, person.password);
  const auto chosen = account.client().post("/organization/select", object({{"org_id", org_id}}));
  account.access_token = expect(chosen, 200).text("/access_token");
  account.org_id = org_id;
  return account;
}

// As if an identity provider of the organization had vouched for it.
Account bound_to(const Account& person, const std::string& org_id) {
  auto account = in_session(person, org_id);
  const auto sid = json::text_of(json::read_object(payload_of(account.access_token)).value(), "sid");
  database().run("UPDATE session SET bound_org_id = " + binary(org_id) + " WHERE id = " + binary(sid));
  return account;
}

bool is_let_in(const Account& who, const OauthClient& client) {
  const auto told = decide(who, request_in(ask(authorization(client))), "ask");
  if (expect(told, 200).at("/redirect_to").IsString()) return true;
  require_equal(told.text("/ask"), "consent");
  return false;
}

std::string of(const Account& who) { return " FROM oauth_consent WHERE user_id = " + binary(who.user_id); }

}  // namespace

Test(oauth_consent, of_a_session_that_is_good_for_one_organization_counts_there_alone) {
  const auto person = sign_up("Alpha");
  const auto other = sign_up("Beta");
  join(other, person);
  const auto client = assistant();
  const auto bound = bound_to(person, person.org_id);
  const auto here = in_session(person, person.org_id);
  const auto there = in_session(person, other.org_id);
  cr_assert_not(is_let_in(bound, client));
  expect(spend_code(client, query_of(let_in(bound, client), "code")), 200);
  cr_assert(is_let_in(bound, client));
  cr_assert(is_let_in(here, client));
  cr_assert_not(is_let_in(there, client));
  const auto quiet = decide(there, request_in(ask(authorization(client, {{"prompt", "none"}}))), "ask");
  cr_assert_eq(query_of(expect(quiet, 200).text("/redirect_to"), "error"), "consent_required");
  cr_assert_eq(number_of("SELECT COUNT(*)" + of(person)), 1);
  // What the whole account allows counts everywhere. It is one client still, and is taken back as one.
  expect(spend_code(client, query_of(let_in(there, client), "code")), 200);
  cr_assert_eq(number_of("SELECT COUNT(*)" + of(person)), 2);
  cr_assert(is_let_in(bound, client));
  const auto listed = here.client().get("/api/v1/oauth/consents");
  cr_assert_eq(expect(listed, 200).size("/items"), 1U);
  expect(there.client().del("/api/v1/oauth/consents/" + client.id, ""), 204);
  cr_assert_eq(number_of("SELECT COUNT(*)" + of(person)), 0);
  for (const auto* each : {&bound, &here, &there}) cr_assert_not(is_let_in(*each, client));
}

Test(oauth_consent, a_code_of_elsewhere_is_worth_nothing_once_only_the_bound_consent_is_left) {
  const auto person = sign_up("Alpha");
  const auto other = sign_up("Beta");
  join(other, person);
  const auto client = assistant();
  const auto there = in_session(person, other.org_id);
  const auto code = query_of(let_in(there, client), "code");
  database().run("UPDATE oauth_consent SET bound_org_id = " + binary(person.org_id) +
                 " WHERE user_id = " + binary(person.user_id));
  expect_oauth_error(spend_code(client, code), 400, "invalid_grant");
}

Test(oauth_consent, a_hundred_are_a_hundred_however_many_are_given_at_once, .timeout = 120) {
  const auto owner = sign_up();
  constexpr std::size_t kAtOnce = 12;
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < kAtOnce; ++i)
    requests.push_back(request_in(ask(authorization(register_client(owner)))));
  database().run(
      "INSERT INTO oauth_consent (user_id, client_id, client_org, scopes, created_at, updated_at) "
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 98) SELECT " +
      binary(owner.user_id) + ", UNHEX(LEFT(SHA2(CONCAT(HEX(" + binary(owner.user_id) +
      "), i), 256), 32)), " + binary(owner.org_id) + ", 'openid', 1, 1 FROM n");
  const auto statuses = at_once(kAtOnce, [&](std::size_t i) {
    const auto reply = decide(owner, requests[i]);
    if (reply.status != 200) expect_problem(reply, 409, "limit_reached");
    return reply.status;
  });
  cr_assert_eq(std::count(statuses.begin(), statuses.end(), 200), 2);
  cr_assert_eq(number_of("SELECT COUNT(*)" + of(owner)), 100);
}

Test(oauth_consent, thirty_codes_in_a_minute_are_thirty_however_many_are_asked_for_at_once, .timeout = 120) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  let_in(owner, client);
  database().run("UPDATE oauth_code SET created_at = created_at - 120 WHERE user_id = " +
                 binary(owner.user_id));
  const auto request = request_in(ask(authorization(client)));
  for (int i = 0; i < 28; ++i) expect(decide(owner, request), 200);
  const auto statuses = at_once(12, [&](std::size_t) {
    const auto reply = decide(owner, request);
    if (reply.status != 200) expect_problem(reply, 429, "rate_limited");
    return reply.status;
  });
  cr_assert_eq(std::count(statuses.begin(), statuses.end(), 200), 2);
  cr_assert_eq(number_of("SELECT COUNT(*) FROM oauth_code WHERE user_id = " + binary(owner.user_id)), 31);
}
