// Devices without a browser: the codes, the person's word, and what is tried with both.
#include <criterion/criterion.h>

#include <algorithm>

#include "support/audit.hpp"
#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/oauth.hpp"
#include "support/parallel.hpp"
#include "support/private_stack.hpp"
#include "support/super_admin.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kDeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

struct Device {
  std::string device_code, user_code;
};

OauthClient register_television(const Account& owner) {
  return register_client(owner, {{"name", R"("Television")"},
                                 {"token_endpoint_auth_method", R"("none")"},
                                 {"redirect_uris", R"(["http://127.0.0.1/none"])"}});
}

Response begin(const OauthClient& client, const std::string& scope = "openid email") {
  return post_form("/oauth2/device_authorization", {{"client_id", client.id}, {"scope", scope}});
}

Device begun(const OauthClient& client, const std::string& scope = "openid email") {
  const auto reply = begin(client, scope);
  expect(reply, 200);
  return {reply.text("/device_code"), reply.text("/user_code")};
}

Response poll(const OauthClient& client, const Device& device) {
  return post_form(
      "/oauth2/token",
      {{"grant_type", kDeviceGrant}, {"client_id", client.id}, {"device_code", device.device_code}});
}

Response answer(const Account& who, const std::string& user_code, const std::string& decision) {
  return who.client().post("/api/v1/oauth/device-decisions",
                           object({{"user_code", user_code}, {"decision", decision}}));
}

}  // namespace

Test(oauth_device, a_device_shows_a_code_waits_and_is_let_in) {
  const auto owner = sign_up();
  const auto client = register_television(owner);
  const auto codes = begin(client);
  expect(codes, 200);
  const auto page = Client{}.get("/.well-known/openid-configuration").text("/issuer") + "/app/device";
  cr_assert_eq(codes.text("/verification_uri"), page);
  cr_assert_eq(codes.text("/verification_uri_complete"), page + "#token=" + codes.text("/user_code"));
  cr_assert_eq(codes.number("/expires_in"), 600);
  cr_assert_eq(codes.number("/interval"), 5);
  cr_assert_eq(codes.text("/user_code").size(), 9);
  const Device device{codes.text("/device_code"), codes.text("/user_code")};
  expect_oauth_error(poll(client, device), 400, "authorization_pending");
  const auto shown = answer(owner, device.user_code, "ask");
  expect(shown, 200);
  cr_assert_eq(shown.text("/client/name"), "Television");
  cr_assert_eq(shown.text("/ask"), "consent");
  cr_assert_eq(shown.text("/address"), "127.0.0.1");
  cr_assert(shown.at("/decided").IsNull());
  auto typed = device.user_code;
  std::erase(typed, '-');
  std::ranges::transform(typed, typed.begin(), [](char c) { return static_cast<char>(c - 'A' + 'a'); });
  cr_assert_eq(expect(answer(owner, typed, "allow"), 200).text("/decided"), "allow");
  const auto tokens = poll(client, device);
  expect(tokens, 200);
  const auto info = Client{}.bearer(tokens.text("/access_token")).get("/oauth2/userinfo");
  cr_assert_eq(expect(info, 200).text("/sub"), owner.user_id);
  cr_assert_eq(number_of("SELECT COUNT(*) FROM audit_log WHERE action = 'oauth_device.allowed' AND "
                         "resource_id = " +
                         binary(owner.user_id)),
               1);
  cr_assert_eq(owner.client().get("/api/v1/oauth/consents").text("/items/0/client_id"), client.id);
}

Test(oauth_device, a_device_gets_tokens_for_an_api_of_the_organization) {
  const auto owner = sign_up(), stranger = sign_up("Beta");
  const auto resource = "https://" + fresh_name("api") + ".example.com";
  const auto api = register_client(owner, {{"redirect_uris", "[]"}, {"resource", Field{resource}.json()}});
  const auto client = register_television(owner);
  const auto begin_for = [](const OauthClient& by, const std::string& wanted) {
    return post_form("/oauth2/device_authorization",
                     {{"client_id", by.id}, {"scope", "openid projects:read"}, {"resource", wanted}});
  };
  const auto codes = begin_for(client, resource);
  expect(codes, 200);
  const Device device{codes.text("/device_code"), codes.text("/user_code")};
  expect(answer(owner, device.user_code, "allow"), 200);
  const auto ask_for = [&](const std::string& wanted) {
    return post_form("/oauth2/token", {{"grant_type", kDeviceGrant},
                                       {"client_id", client.id},
                                       {"device_code", device.device_code},
                                       {"resource", wanted}});
  };
  expect_oauth_error(ask_for(resource + "/other"), 400, "invalid_target");
  const auto token = expect(ask_for(resource), 200).text("/access_token");
  require(introspect(api, token).at("/active").GetBool(), "worth something there");
  expect_problem(Client{}.bearer(token).get("/api/v1/projects"), 401, "invalid_token");
  const auto foreign = register_television(stranger);
  Unchanged database;
  expect_oauth_error(begin_for(foreign, resource), 400, "invalid_target");
  expect_oauth_error(begin_for(client, resource + "/other"), 400, "invalid_target");
  database.check("somebody else's API");
}

Test(oauth_device_attack, nobody_lets_a_device_in_to_an_api_of_another_organization) {
  const auto owner = sign_up(), stranger = sign_up("Beta");
  const auto resource = "https://" + fresh_name("api") + ".example.com";
  register_client(owner, {{"redirect_uris", "[]"}, {"resource", Field{resource}.json()}});
  const auto own = register_own_client(super_admin());
  const auto codes = post_form("/oauth2/device_authorization",
                               {{"scope", "openid projects:read"}, {"resource", resource}}, &own);
  expect(codes, 200);
  const auto refused = answer(stranger, codes.text("/user_code"), "allow");
  require_equal(expect(refused, 200).text("/ask"), "membership");
  require(refused.at("/decided").IsNull(), refused.body);
  require_equal(expect(answer(owner, codes.text("/user_code"), "allow"), 200).text("/decided"), "allow");
}

Test(oauth_device, a_client_that_was_let_in_before_and_the_services_own_are_asked_about_all_the_same) {
  const auto owner = sign_up();
  const auto own = register_own_client(super_admin(), {{"token_endpoint_auth_method", R"("none")"}});
  cr_assert_eq(expect(answer(owner, begun(own).user_code, "ask"), 200).text("/ask"), "consent");
  const auto client = register_television(owner);
  const auto first = begun(client);
  expect(answer(owner, first.user_code, "allow"), 200);
  const auto second = begun(client);
  expect(answer(owner, second.user_code, "ask"), 200);
  expect_oauth_error(poll(client, second), 400, "authorization_pending");
}

Test(oauth_device, a_device_that_asks_too_often_is_told_to_wait_longer) {
  const MovedClock clock;
  const auto owner = sign_up();
  const auto client = register_television(owner);
  const auto device = begun(client);
  expect_oauth_error(poll(client, device), 400, "authorization_pending");
  expect_oauth_error(poll(client, device), 400, "slow_down");
  clock.set(6);
  expect_oauth_error(poll(client, device), 400, "slow_down");
  clock.set(60);
  expect_oauth_error(poll(client, device), 400, "authorization_pending");
}

Test(oauth_device, a_person_who_says_no_and_a_code_that_is_too_old_end_it) {
  const MovedClock clock;
  const auto owner = sign_up();
  const auto client = register_television(owner);
  const auto refused = begun(client);
  cr_assert_eq(expect(answer(owner, refused.user_code, "deny"), 200).text("/decided"), "deny");
  expect_oauth_error(poll(client, refused), 400, "access_denied");
  expect_problem(answer(owner, refused.user_code, "allow"), 404, "not_found");
  const auto old = begun(client);
  clock.set(601);
  expect_oauth_error(poll(client, old), 400, "expired_token");
  expect_problem(answer(owner, old.user_code, "allow"), 404, "not_found");
}

Test(oauth_device, without_offline_access_the_device_ends_with_the_browsers_session) {
  const auto owner = sign_up();
  const auto client = register_television(owner);
  const auto bound = begun(client);
  const auto lasting = begun(client, "openid offline_access");
  expect(answer(owner, bound.user_code, "allow"), 200);
  expect(answer(owner, lasting.user_code, "allow"), 200);
  const auto short_lived = expect(poll(client, bound), 200).text("/access_token");
  const auto refresh_token = expect(poll(client, lasting), 200).text("/refresh_token");
  expect(owner.client().post("/api/v1/auth/logout"), 204);
  expect(Client{}.bearer(short_lived).get("/oauth2/userinfo"), 401);
  expect(refresh(client, refresh_token), 200);
}

Test(oauth_device_attack, of_twenty_who_ask_for_a_device_that_was_let_in_one_gets_tokens) {
  const auto owner = sign_up();
  const auto client = register_television(owner);
  const auto device = begun(client);
  expect(answer(owner, device.user_code, "allow"), 200);
  const auto replies = at_once(20, [&](std::size_t) { return poll(client, device); });
  cr_assert_eq(std::ranges::count(replies, 200, &Response::status), 1);
  for (const auto& reply : replies)
    if (reply.status != 200) cr_assert(reply.status == 400 || reply.status == 409, "%d", reply.status);
  cr_assert_eq(number_of("SELECT COUNT(*) FROM client_session WHERE user_id = " + binary(owner.user_id)), 1);
  expect_oauth_error(poll(client, device), 400, "invalid_grant");
}

Test(oauth_device_attack, a_code_of_another_client_is_worth_nothing_and_stays_good) {
  const auto owner = sign_up();
  const auto client = register_television(owner);
  const auto other = register_television(owner);
  const auto device = begun(client);
  expect(answer(owner, device.user_code, "allow"), 200);
  expect_oauth_error(poll(other, device), 400, "invalid_grant");
  expect_oauth_error(poll(client, {device.user_code, {}}), 400, "invalid_grant");
  expect(poll(client, device), 200);
}

Test(oauth_device_attack, a_device_gets_no_more_than_its_client_and_the_person_have) {
  const auto owner = sign_up();
  const auto client = register_television(owner);
  expect_oauth_error(begin(client, "openid users:delete"), 400, "invalid_scope");
  expect_oauth_error(begin(client, "everything"), 400, "invalid_scope");
  expect(post_form("/oauth2/device_authorization", {{"client_id", client.id}}), 200);  // what it registered
  expect_oauth_error(begin({"01a1fc58-0000-7000-8000-000000000001", "", false}), 401, "invalid_client");
  // A client with a secret shows it.
  const auto secret = register_client(owner);
  expect_oauth_error(begin(secret), 401, "invalid_client");
  // The organization's client is for its members, and its permissions for who has them.
  const auto stranger = sign_up("Beta");
  const auto device = begun(client, "openid projects:read");
  const auto asked = answer(stranger, device.user_code, "allow");
  expect(asked, 200);
  cr_assert_eq(asked.text("/ask"), "membership");
  cr_assert(asked.at("/decided").IsNull());
  expect_oauth_error(poll(client, device), 400, "authorization_pending");
}

Test(oauth_device_attack, nobody_answers_without_a_session_of_their_own) {
  const auto owner = sign_up();
  const auto client = register_television(owner);
  const auto device = begun(client);
  const auto body = object({{"user_code", device.user_code}, {"decision", "allow"}});
  expect_problem(Client{}.post("/api/v1/oauth/device-decisions", body), 401, "unauthenticated");
  const auto token = expect(tokens_for(owner, register_client(owner)), 200).text("/access_token");
  expect_problem(Client{}.bearer(token).post("/api/v1/oauth/device-decisions", body), 403,
                 "insufficient_scope");
  expect_oauth_error(poll(client, device), 400, "authorization_pending");
}

Test(oauth_device_attack, who_guesses_codes_is_stopped_before_a_right_one_counts) {
  const auto owner = sign_up();
  const auto guesser = invite_and_accept(owner, "viewer");
  const auto device = begun(register_television(owner));
  for (int i = 0; i < 30; ++i)
    expect_problem(answer(guesser, "BCDFGHJK", i % 2 == 0 ? "ask" : "allow"), 404, "not_found");
  expect_problem(answer(guesser, "BCDFGHJK", "allow"), 429, "rate_limited");
  // The right one tells nothing any more, either.
  expect_problem(answer(guesser, device.user_code, "ask"), 429, "rate_limited");
  expect(answer(owner, device.user_code, "allow"), 200);
}

Test(oauth_device_attack, a_dump_of_the_database_holds_no_code_of_a_device) {
  const auto owner = sign_up();
  const auto device = begun(register_television(owner));
  auto plain = device.user_code;
  std::erase(plain, '-');
  cr_assert_eq(number_of("SELECT COUNT(*) FROM oauth_device WHERE device_code = UNHEX(SHA2(" +
                         literal(device.device_code) + ", 256))"),
               1);
  for (const auto& text : {plain, device.user_code})
    cr_assert_eq(number_of("SELECT COUNT(*) FROM oauth_device WHERE user_code = UNHEX(SHA2(" + literal(text) +
                           ", 256))"),
                 0);
}

// Networks are counted in an instance of its own: the suite's has no such limit.
Test(oauth_device_attack, a_network_gets_so_many_codes_and_tries, .timeout = 180) {
  const PrivateStack stack{{"LIMIT_PASSWORD=1", "LIMIT_WRITE=0"}};
  stack.take_the_suites_place();
  const auto owner = sign_up();
  const auto client = register_television(owner);
  for (int i = 0; i < 10; ++i) expect(begin(client), 200);
  expect_oauth_error(begin(client), 429, "temporarily_unavailable");
  cr_assert_eq(number_of("SELECT COUNT(*) FROM oauth_device"), 10);
  for (int i = 0; i < 5; ++i) expect_problem(answer(owner, "BCDFGHJK", "ask"), 404, "not_found");
  expect_problem(answer(owner, "BCDFGHJK", "ask"), 429, "rate_limited");
}
