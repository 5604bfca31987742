// Tests of a sign-in by a provider: they tell what a sign-in would come to, and nothing is left of them.
#include <criterion/criterion.h>

#include "own_providers_fixture.hpp"
#include "support/impersonation.hpp"
#include "support/roles.hpp"

using namespace tenantd::test;

namespace {

std::string tests_path(const Account& owner, const std::string& rest) {
  return "/api/v1/tenants/" + owner.org_id + "/sign-in-tests/" + rest;
}

// What a test was begun with, as begin() gives it of a sign-in.
Begun begin_test(const Account& tester, const std::string& provider = "own") {
  const auto reply = tester.client().post(tests_path(tester, provider));
  expect(reply, 200);
  return begun_of(reply, provider, tester.org_id);
}

Response finish_test(const Account& tester, const Begun& begun, const std::string& code) {
  auto client = tester.client();
  client.header("Cookie", begun.cookie);
  return client.post(tests_path(tester, begun.provider) + "/callback",
                     object({{"code", code}, {"state", begun.state}, {"redirect_uri", begun.redirect}}));
}

// All of it, as this person there.
Response test_as(FakeProvider& idp, const Account& tester, const std::string& subject,
                 const std::string& email, const Members& changes = {}) {
  const auto begun = begin_test(tester);
  const auto code = fresh_name("code");
  idp.grant(code, idp.key().token(payload_for(idp, begun, subject, email, changes)));
  return finish_test(tester, begun, code);
}

void expect_refused(const Response& tested, const std::string& code, const std::string& detail) {
  expect(tested, 200);
  require(!tested.at("/signs_in").GetBool() && tested.at("/role_name").IsNull(), tested.body);
  require_equal(tested.text("/code"), code);
  require(tested.text("/detail").find(detail) != std::string::npos, tested.body);
}

}  // namespace

Test(sign_in_tests, a_test_tells_what_a_sign_in_would_come_to_and_leaves_nothing, .timeout = 120) {
  ProviderWorld world;
  make_own_provider(world.idp, world.owner,
                    {{"groups_claim", quoted("groups")},
                     {"group_roles", R"([{"group":"it","role_name":"admin"}])"},
                     {"allowed_domains", R"(["example.com"])"}});
  Unchanged database;
  const auto email = fresh_email("newcomer");
  const auto tested = test_as(world.idp, world.owner, "n-1", email,
                              {{"groups", R"(["it","staff"])"}, {"name", quoted("Nora Newcomer")}});
  expect(tested, 200);
  require(tested.at("/signs_in").GetBool() && tested.at("/code").IsNull(), tested.body);
  require_equal(tested.text("/role_name"), "admin");
  require_equal(tested.text("/issuer"), world.idp.issuer("own"));
  require_equal(tested.text("/person/subject"), "n-1");
  require_equal(tested.text("/person/email"), email);
  require_equal(tested.text("/person/profile/name"), "Nora Newcomer");
  require_equal(tested.size("/person/groups"), 2U);
  require(tested.body.find("access_token") == std::string::npos, tested.body);
  require_equal(tested.header("cache-control"), "no-store");
  // Of an account that is here already the sign-in would be refused, until its owner links the identity.
  expect_refused(test_as(world.idp, world.owner, "o-1", world.owner.email), "email_taken", "password");
  expect_refused(test_as(world.idp, world.owner, "n-2", "nora@elsewhere.example"), "domain_not_allowed",
                 "address");
  expect_refused(test_as(world.idp, world.owner, "n-3", email, {{"aud", quoted("another")}}),
                 "oauth_token_refused", "aud");
  expect_refused(finish_test(world.owner, begin_test(world.owner), "never given"), "oauth_token_refused",
                 "refuses the code");
  database.check("tests");
}

Test(sign_in_tests, a_state_is_good_once_for_who_began_it_and_for_no_sign_in, .timeout = 120) {
  ProviderWorld world;
  make_own_provider(world.idp, world.owner);
  const auto admin = invite_and_accept(world.owner, "admin");
  const auto code_for = [&](const Begun& begun) {
    const auto code = fresh_name("code");
    world.idp.grant(code, world.idp.key().token(payload_for(world.idp, begun, "x", fresh_email())));
    return code;
  };
  const auto begun = begin_test(world.owner);
  const auto code = code_for(begun);
  expect_problem(come_back(begun, code), 400, "oauth_state_invalid");  // as a sign-in
  expect(finish_test(world.owner, begun, code), 200);
  expect_problem(finish_test(world.owner, begun, code), 400, "oauth_state_invalid");
  // By another administrator, or in another browser, it is used up and told to nobody.
  const auto by_another = begin_test(world.owner);
  expect_problem(finish_test(admin, by_another, code_for(by_another)), 400, "oauth_state_invalid");
  auto elsewhere = begin_test(world.owner);
  elsewhere.cookie = "x=y";
  expect_problem(finish_test(world.owner, elsewhere, code_for(elsewhere)), 400, "oauth_state_invalid");
  require_equal(world.idp.count("/token"), 1U, "codes that were exchanged");
  const auto sign_in_begun = begin("own", world.owner.org_id);
  expect_problem(finish_test(world.owner, sign_in_begun, code_for(sign_in_begun)), 400,
                 "oauth_state_invalid");
  expect(come_back(sign_in_begun, code_for(sign_in_begun)), 200);
}

Test(sign_in_tests, who_sets_providers_up_tests_them_and_nobody_else, .timeout = 120) {
  ProviderWorld world;
  const auto made = make_own_provider(world.idp, world.owner);
  const auto manager = invite_and_accept(world.owner, "manager");
  const auto stranger = sign_up("Beta");
  const auto at = tests_path(world.owner, "own");
  const auto key = make_api_key(world.owner, R"(["identity_providers:manage"])");
  const auto acting = acting_as(new_super_admin(), world.owner, world.owner);
  Unchanged database;
  const auto body = object({{"code", "c"}, {"state", "s"}});
  const auto both = [&](Client client, int status, const char* code) {
    expect_problem(client.post(at), status, code);
    expect_problem(client.post(at + "/callback", body), status, code);
  };
  both(manager.client(), 403, "forbidden");
  both(stranger.client(), 404, "not_found");
  both(key.client(), 403, "session_required");
  both(acting.client(), 403, "impersonating");
  both(Client{}, 401, "unauthenticated");
  expect_problem(world.owner.client().post(tests_path(world.owner, "nowhere")), 404, "not_found");
  expect_problem(world.owner.client().post(tests_path(world.owner, "google")), 404, "not_found");
  database.check("refused tests");
}

Test(sign_in_tests, what_a_provider_does_not_answer_is_told_without_a_look_into_networks, .timeout = 120) {
  ProviderWorld world;
  make_own_provider(world.idp, world.owner);
  const auto begun = begin_test(world.owner);
  world.idp.misbehave([](const StubRequest& request) -> std::optional<StubReply> {
    if (request.path.find("token") == std::string::npos) return std::nullopt;
    return StubReply{400, R"({"error":"invalid_client"})"};
  });
  const auto tested = finish_test(world.owner, begun, "any");
  expect_refused(tested, "provider_unavailable", "client id and secret");
  require(tested.at("/person").IsNull(), tested.body);
}
