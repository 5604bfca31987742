// What attackers try with codes, tokens and clients' secrets.
#include <criterion/criterion.h>

#include <algorithm>

#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/forge.hpp"
#include "support/oauth.hpp"
#include "support/parallel.hpp"
#include "support/private_stack.hpp"
#include "support/super_admin.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/base/time.hpp"

using namespace tenantd::test;

Test(oauth_attack, of_twenty_who_show_a_code_at_once_one_gets_tokens_and_they_are_dead) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto code = query_of(let_in(owner, client, {{"scope", "openid offline_access"}}), "code");
  const auto replies = at_once(20, [&](std::size_t) { return spend_code(client, code); });
  const auto won = std::ranges::count(replies, 200, &Response::status);
  cr_assert_eq(won, 1);
  for (const auto& reply : replies) {
    if (reply.status != 200) continue;
    expect(Client{}.bearer(reply.text("/access_token")).get("/oauth2/userinfo"), 401);
    expect_oauth_error(refresh(client, reply.text("/refresh_token")), 400, "invalid_grant");
  }
}

Test(oauth_attack, a_code_that_is_shown_again_ends_what_it_gave) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto code = query_of(let_in(owner, client), "code");
  const auto tokens = expect(spend_code(client, code), 200).text("/access_token");
  expect(Client{}.bearer(tokens).get("/oauth2/userinfo"), 200);
  expect_oauth_error(spend_code(client, code), 400, "invalid_grant");
  expect(Client{}.bearer(tokens).get("/oauth2/userinfo"), 401);
  cr_assert_eq(
      number_of("SELECT COUNT(*) FROM audit_log WHERE action = 'oauth_code.reused' AND resource_id = " +
                binary(owner.user_id)),
      1);
}

Test(oauth_attack, a_code_is_good_for_a_minute_with_its_own_address_and_verifier) {
  const MovedClock clock;
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto code = [&] { return query_of(let_in(owner, client), "code"); };
  const std::vector<Parameters> wrong = {{{"code_verifier", std::string(43, 'A')}},
                                         {{"code_verifier", kChallenge}},
                                         {{"redirect_uri", "https://client.example.com/other"}}};
  for (const auto& changes : wrong) {
    const auto one = code();
    expect_oauth_error(spend_code(client, one, changes), 400, "invalid_grant");
    // There is no second guess.
    expect_oauth_error(spend_code(client, one), 400, "invalid_grant");
  }
  for (const std::string missing : {"code", "code_verifier", "redirect_uri"})
    expect_oauth_error(spend_code(client, code(), {{missing, ""}}), 400, "invalid_request");
  const auto late = code();
  clock.set(61);
  expect_oauth_error(spend_code(client, late), 400, "invalid_grant");
  expect_oauth_error(spend_code(client, "x"), 400, "invalid_grant");
}

Test(oauth_attack, another_clients_code_gives_nothing_and_stays_good) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto thief = register_client(sign_up("Beta"));
  const auto code = query_of(let_in(owner, client), "code");
  expect_oauth_error(spend_code(thief, code), 400, "invalid_grant");
  expect(spend_code(client, code), 200);
}

Test(oauth_attack, another_clients_refresh_token_gives_nothing) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto thief = register_client(owner);
  const auto token =
      expect(tokens_for(owner, client, {{"scope", "openid offline_access"}}), 200).text("/refresh_token");
  expect_oauth_error(refresh(thief, token), 400, "invalid_grant");
  // Nor is it one of a person's own session, nor that one a client's.
  expect_problem(Client{}.post("/api/v1/auth/refresh", object({{"refresh_token", token}})), 401,
                 "invalid_token");
  expect_oauth_error(refresh(client, owner.refresh_token), 400, "invalid_grant");
  expect(refresh(client, token), 200);
}

Test(oauth_attack, a_refresh_token_of_two_rotations_ago_ends_the_session) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto first =
      expect(tokens_for(owner, client, {{"scope", "openid offline_access"}}), 200).text("/refresh_token");
  const auto second = expect(refresh(client, first), 200).text("/refresh_token");
  const auto third = refresh(client, second);
  expect(third, 200);
  expect_oauth_error(refresh(client, first), 400, "invalid_grant");
  expect_oauth_error(refresh(client, third.text("/refresh_token")), 400, "invalid_grant");
  expect(Client{}.bearer(third.text("/access_token")).get("/oauth2/userinfo"), 401);
}

Test(oauth_attack, a_client_authenticates_by_its_own_way_alone) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const Parameters grant{{"grant_type", "client_credentials"}};
  auto wrong = client;
  wrong.secret += 'x';
  const auto refused = post_form("/oauth2/token", grant, &wrong);
  expect_oauth_error(refused, 401, "invalid_client");
  cr_assert(refused.header("www-authenticate").starts_with("Basic"));
  auto with = [&](Parameters more) {
    more.insert(more.begin(), grant.begin(), grant.end());
    return post_form("/oauth2/token", more);
  };
  expect_oauth_error(with({{"client_id", client.id}, {"client_secret", client.secret}}), 401,
                     "invalid_client");
  expect_oauth_error(with({{"client_id", client.id}}), 401, "invalid_client");
  expect_oauth_error(with({}), 401, "invalid_client");
  expect_oauth_error(with({{"client_id", fresh_id()}}), 401, "invalid_client");
  expect_oauth_error(
      post_form("/oauth2/token", {{"grant_type", "client_credentials"}, {"client_secret", client.secret}},
                &client),
      400, "invalid_request");
  expect_oauth_error(post_form("/oauth2/token", {{"grant_type", "password"}}, &client), 400,
                     "unsupported_grant_type");
  expect_oauth_error(post_form("/oauth2/token", grant, &client), 400, "unauthorized_client");
  const auto secretless = register_client(owner, {{"token_endpoint_auth_method", R"("none")"}});
  expect_oauth_error(with({{"client_id", secretless.id}, {"client_secret", "x"}}), 401, "invalid_client");
}

namespace {

struct SigningClient {
  ForgeKey key{"client-key"};
  OauthClient client;
  std::string issuer;
};

std::string assertion_payload(const SigningClient& signing, const std::string& name,
                              const std::string& more = "", const std::string& audience = "") {
  const auto now = tenantd::unix_seconds(tenantd::now());
  return R"({"iss":")" + signing.client.id + R"(","sub":")" + signing.client.id + R"(","aud":")" +
         (audience.empty() ? signing.issuer : audience) + R"(","jti":")" + name + R"(","exp":)" +
         std::to_string(now + 60) + more + '}';
}

Response shows(const SigningClient&, const std::string& assertion) {
  return post_form("/oauth2/introspect",
                   {{"token", "x"},
                    {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
                    {"client_assertion", assertion}});
}

void prepare(SigningClient& signing, const Account& owner) {
  signing.issuer = Client{}.get("/.well-known/openid-configuration").text("/issuer");
  signing.client = register_client(owner, {{"token_endpoint_auth_method", R"("private_key_jwt")"},
                                           {"jwks", Field{jwks({&signing.key})}.json()}});
}

}  // namespace

Test(oauth_attack, a_signed_assertion_is_good_once_and_for_this_service) {
  SigningClient signing;
  prepare(signing, sign_up());
  const auto good = signing.key.token(assertion_payload(signing, fresh_name("jti")));
  expect(shows(signing, good), 200);
  expect_oauth_error(shows(signing, good), 401, "invalid_client");
  expect(shows(signing, signing.key.token(assertion_payload(signing, fresh_name("jti"), "",
                                                            signing.issuer + "/oauth2/token"))),
         200);
  expect_oauth_error(shows(signing, signing.key.token(assertion_payload(signing, fresh_name("jti"), "",
                                                                        "https://other.example"))),
                     401, "invalid_client");
  // Two requests at once with one assertion: one of them is the client.
  const auto twice = signing.key.token(assertion_payload(signing, fresh_name("jti")));
  const auto replies = at_once(8, [&](std::size_t) { return shows(signing, twice); });
  cr_assert_eq(std::ranges::count(replies, 200, &Response::status), 1);
}

Test(oauth_attack, an_assertion_of_another_kind_or_key_is_refused) {
  SigningClient signing;
  prepare(signing, sign_up());
  const ForgeKey other{"client-key"};
  const auto payload = [&](const std::string& more = "") {
    return assertion_payload(signing, fresh_name("jti"), more);
  };
  const auto none = tenantd::base64url_encode(R"({"alg":"none","kid":"client-key"})") + '.' +
                    tenantd::base64url_encode(payload()) + '.';
  const std::vector<std::string> forged = {
      none,
      none + "AA",
      other.token(payload()),
      signing.key.token(R"({"alg":"HS256","kid":"client-key"})", payload()),
      signing.key.token(R"({"alg":"ES256","kid":"client-key"})", payload()),
      signing.key.token(R"({"alg":"RS256","kid":"another"})", payload()),
      signing.key.token(payload(R"(,"sub":"x")")),
      signing.key.token(payload(R"(,"exp":1)")),
      "x",
      ""};
  for (const auto& assertion : forged) expect(shows(signing, assertion), 401);
  const auto now = tenantd::unix_seconds(tenantd::now());
  const auto about = [&](const std::string& rest) {
    return signing.key.token(R"({"iss":")" + signing.client.id + R"(","sub":")" + signing.client.id +
                             R"(","aud":")" + signing.issuer + '"' + rest + '}');
  };
  for (const auto& rest :
       {std::string{R"(,"jti":"a")"}, R"(,"jti":"b","exp":)" + std::to_string(now - 1),
        R"(,"jti":"c","exp":)" + std::to_string(now + 7200), R"(,"exp":)" + std::to_string(now + 60),
        R"(,"jti":"d","nbf":)" + std::to_string(now + 600) + R"(,"exp":)" + std::to_string(now + 60)})
    expect(shows(signing, about(rest)), 401);
}

Test(oauth_attack, a_token_is_told_of_to_who_holds_it_and_to_the_services_own) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto nosy = register_client(owner);
  const auto own = register_own_client(super_admin());
  const auto identity = expect(tokens_for(owner, client), 200).text("/access_token");
  const auto api =
      expect(tokens_for(owner, client, {{"scope", "openid projects:read"}}), 200).text("/access_token");
  const auto is_active = [](const OauthClient& by, const std::string& token) {
    return expect(introspect(by, token), 200).at("/active").GetBool();
  };
  cr_assert(is_active(client, identity));
  cr_assert(is_active(client, api));
  cr_assert_not(is_active(nosy, identity));
  cr_assert_not(is_active(nosy, api));
  cr_assert_not(is_active(nosy, owner.access_token));
  cr_assert(is_active(own, api));
  cr_assert(is_active(own, owner.access_token));
  cr_assert_not(is_active(own, identity));
  cr_assert_not(is_active(client, "x"));
  const auto secretless = register_client(owner, {{"token_endpoint_auth_method", R"("none")"}});
  expect_oauth_error(post_form("/oauth2/introspect", {{"token", api}, {"client_id", secretless.id}}), 400,
                     "unauthorized_client");
  expect(owner.client().post("/api/v1/auth/logout"), 204);
  cr_assert_not(is_active(client, api));
  cr_assert_not(is_active(own, owner.access_token));
}

Test(oauth_attack, a_token_is_revoked_by_who_holds_it) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto thief = register_client(owner);
  const auto tokens = tokens_for(owner, client, {{"scope", "openid offline_access"}});
  expect(tokens, 200);
  const auto revoke = [](const OauthClient& by, const std::string& token) {
    return post_form("/oauth2/revoke", {{"token", token}}, &by);
  };
  expect(revoke(thief, tokens.text("/refresh_token")), 200);
  expect(revoke(thief, owner.refresh_token), 200);
  expect(revoke(client, owner.access_token), 200);
  expect(owner.client().get("/api/v1/auth/status"), 200);
  expect(Client{}.bearer(tokens.text("/access_token")).get("/oauth2/userinfo"), 200);
  expect(revoke(client, tokens.text("/refresh_token")), 200);
  expect(Client{}.bearer(tokens.text("/access_token")).get("/oauth2/userinfo"), 401);
  expect(revoke(client, "x"), 200);
  expect(revoke(client, tokens.text("/refresh_token")), 200);
}

Test(oauth_attack, a_client_that_acts_for_itself_reaches_its_own_organization) {
  const auto owner = sign_up();
  const auto client = register_client(owner, {{"client_credentials", R"("allowed")"},
                                              {"redirect_uris", "[]"},
                                              {"scopes", R"(["projects:read","projects:create"])"}});
  const auto give = [&](const std::string& scope) {
    return post_form("/oauth2/token", {{"grant_type", "client_credentials"}, {"scope", scope}}, &client);
  };
  const auto tokens = give("projects:read");
  expect(tokens, 200);
  cr_assert_not(tokens.has("/refresh_token"));
  cr_assert_not(tokens.has("/id_token"));
  Client caller;
  caller.bearer(tokens.text("/access_token"));
  expect(caller.get("/api/v1/projects"), 200);
  expect_problem(caller.post("/api/v1/projects", R"({"name":"x"})"), 403, "insufficient_scope");
  expect_oauth_error(caller.get("/oauth2/userinfo"), 403, "insufficient_scope");
  cr_assert(introspect(client, tokens.text("/access_token")).at("/active").GetBool());
  expect_oauth_error(give("projects:delete"), 400, "invalid_scope");
  expect_problem(Client{}
                     .bearer(tokens.text("/access_token"))
                     .header("X-Tenant-Id", sign_up("Beta").org_id)
                     .get("/api/v1/projects"),
                 404, "not_found");
  expect(owner.client().del("/api/v1/oauth/clients/" + client.id, ""), 204);
  expect(caller.get("/api/v1/projects"), 401);
}

Test(oauth_attack, an_account_has_so_many_codes_in_a_minute) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto request = request_in(ask(authorization(client)));
  Response reply;
  for (int i = 0; i < 31; ++i) reply = decide(owner, request);
  expect_problem(reply, 429, "rate_limited");
}

Test(oauth_attack, a_network_fails_to_authenticate_so_often_and_its_clients_go_on) {
  const PrivateStack stack{{"LIMIT_PASSWORD=1"}};
  stack.take_the_suites_place();
  const auto client = register_client(sign_up());
  auto wrong = client;
  wrong.secret += 'x';
  for (int i = 0; i < 10; ++i) expect_oauth_error(introspect(wrong, "x"), 401, "invalid_client");
  const auto refused = introspect(wrong, "x");
  expect_oauth_error(refused, 429, "temporarily_unavailable");
  cr_assert_neq(refused.header("retry-after"), "");
  expect(introspect(client, "x"), 200);
}
