// Programs that register themselves, and the tokens that let them.
#include <criterion/criterion.h>

#include <algorithm>

#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/oauth.hpp"
#include "support/parallel.hpp"
#include "support/super_admin.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kTokensPath = "/api/v1/admin/oauth/registration-tokens";

std::string opening(int uses = 1) {
  const auto made = super_admin().client().post(
      kTokensPath, R"({"name":"Assistants","uses":)" + std::to_string(uses) + '}');
  return expect(made, 201).text("/token");
}

std::string metadata(const std::string& more = "") {
  return R"({"client_name":"Assistant","redirect_uris":["https://client.example.com/callback"],)"
         R"("token_endpoint_auth_method":"none","unknown_member":true)" +
         more + "}";
}

Response enroll(const std::string& token, const std::string& body = metadata()) {
  return Client{}.bearer(token).post("/oauth2/register", body);
}

std::int64_t registered() { return number_of("SELECT COUNT(*) FROM oauth_client WHERE origin = 1"); }

}  // namespace

Test(oauth_registration, a_program_registers_itself_and_people_are_asked_about_it) {
  const auto made = enroll(opening());
  expect(made, 201);
  cr_assert_eq(made.header("cache-control"), "no-store");
  cr_assert_eq(made.text("/client_name"), "Assistant");
  cr_assert_eq(made.text("/scope"), "openid profile email offline_access");
  cr_assert_not(made.has("/client_secret"));
  const OauthClient client{made.text("/client_id"), "", false};
  const auto owner = sign_up();
  const auto request = request_in(ask(authorization(client)));
  const auto shown = Client{}.post("/api/v1/oauth/requests", object({{"request", request}}));
  cr_assert(shown.at("/client/registered_itself").GetBool());
  cr_assert(shown.at("/client/organization").IsNull());
  // It is none of the service's own.
  cr_assert_eq(expect(decide(owner, request, "ask"), 200).text("/ask"), "consent");
  const auto tokens = tokens_for(owner, client, {{"scope", "openid offline_access"}});
  expect(tokens, 200);
  expect(owner.client().del("/api/v1/oauth/consents/" + client.id, ""), 204);
  expect(Client{}.bearer(tokens.text("/access_token")).get("/oauth2/userinfo"), 401);
  // A super-admin sees it, and ends it.
  const auto path = "/api/v1/admin/oauth/clients/" + client.id;
  cr_assert_eq(expect(super_admin().client().get(path), 200).text("/origin"), "itself");
  cr_assert_eq(number_of("SELECT COUNT(*) FROM audit_log WHERE action = 'oauth_client.registered' AND "
                         "resource_id = " +
                         binary(client.id)),
               1);
  expect(super_admin().client().del(path, ""), 204);
  expect_problem(ask(authorization(client)), 400, "invalid_request");
}

Test(oauth_registration, a_confidential_one_gets_a_secret_and_learns_of_its_own_tokens_alone) {
  const auto made = enroll(opening(), R"({"redirect_uris":["https://client.example.com/callback"],)"
                                      R"("scope":"openid projects:read"})");
  expect(made, 201);
  const OauthClient client{made.text("/client_id"), made.text("/client_secret"), false};
  const auto owner = sign_up();
  const auto token =
      expect(tokens_for(owner, client, {{"scope", "openid projects:read"}}), 200).text("/access_token");
  expect(Client{}.bearer(token).get("/api/v1/projects"), 200);
  cr_assert(introspect(client, token).at("/active").GetBool());
  cr_assert_not(introspect(client, owner.access_token).at("/active").GetBool());
  expect_oauth_error(post_form("/oauth2/token", {{"grant_type", "client_credentials"}}, &client), 400,
                     "unauthorized_client");
}

Test(oauth_registration, a_token_is_listed_without_its_text_and_ended) {
  const auto made = super_admin().client().post(kTokensPath, R"({"name":"Soon over","uses":3})");
  expect(made, 201);
  const auto listed = super_admin().client().get(kTokensPath);
  cr_assert_eq(expect(listed, 200).text("/items/0/name"), "Soon over");
  cr_assert_not(listed.has("/items/0/token"));
  const auto path = kTokensPath + ('/' + made.text("/id"));
  expect_problem(sign_up().client().del(path, ""), 403, "forbidden");
  expect(super_admin().client().del(path, ""), 204);
  expect_problem(super_admin().client().del(path, ""), 404, "not_found");
  expect_oauth_error(enroll(made.text("/token")), 401, "invalid_token");
}

Test(oauth_registration_attack, nobody_registers_without_a_good_token) {
  const MovedClock clock;
  const auto before = registered();
  expect_oauth_error(Client{}.post("/oauth2/register", metadata()), 401, "invalid_token");
  expect_oauth_error(enroll("tcr_" + std::string(43, 'A')), 401, "invalid_token");
  // Nor by another kind of token, whosever it is.
  expect_oauth_error(enroll(super_admin().access_token), 401, "invalid_token");
  const auto old = opening();
  clock.set(86401);
  expect_oauth_error(enroll(old), 401, "invalid_token");
  expect_problem(sign_up().client().post(kTokensPath, R"({"name":"Mine"})"), 403, "forbidden");
  cr_assert_eq(registered(), before);
}

Test(oauth_registration_attack, a_token_is_good_so_often_and_no_oftener) {
  const auto token = opening(3);
  const auto replies = at_once(10, [&](std::size_t) { return enroll(token).status; });
  cr_assert_eq(std::ranges::count(replies, 201), 3);
  cr_assert_eq(std::ranges::count(replies, 401), 7);
}

Test(oauth_registration_attack, what_could_lead_astray_is_not_registered) {
  const auto token = opening(100);
  const auto before = registered();
  const auto refused = [&](const std::string& body, const std::string& word) {
    expect_oauth_error(enroll(token, body), 400, word);
  };
  for (const std::string uri :
       {"javascript:alert(1)", "data:text/html,x", "http://evil.example/", "https://u@a.example/",
        "https://a.example/#x", "//a.example", "app:/callback", "https://a.example/,https://evil.example/"})
    refused(R"({"redirect_uris":[)" + Field{uri}.json() + "]}", "invalid_redirect_uri");
  refused(R"({"redirect_uris":[]})", "invalid_redirect_uri");
  refused(metadata(R"(,"scope":"openid everything")"), "invalid_client_metadata");
  refused(metadata(R"(,"grant_types":["password"])"), "invalid_client_metadata");
  refused(metadata(R"(,"grant_types":["client_credentials"])"), "invalid_client_metadata");
  refused(metadata(R"(,"response_types":["token"])"), "invalid_client_metadata");
  refused(metadata(R"(,"backchannel_logout_uri":"https://169.254.169.254/")"), "invalid_client_metadata");
  refused(metadata(R"(,"jwks":{"keys":[]})"), "invalid_client_metadata");
  cr_assert_eq(registered(), before);
}
