// What attackers try before there is a code: with a client's request, its page and a sign-out.
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

Test(oauth_attack, thirty_spellings_of_another_address_lead_nowhere) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const std::vector<std::string> spellings = {"https://client.example.com/callback/",
                                              "https://client.example.com/callback?x=1",
                                              "https://client.example.com/callback#x",
                                              "https://client.example.com/callback/../evil",
                                              "https://client.example.com/callback/%2e%2e/evil",
                                              "https://client.example.com//callback",
                                              "https://client.example.com/Callback",
                                              "https://client.example.com/callbac%6B",
                                              "https://client.example.com:443/callback",
                                              "https://client.example.com.:443/callback",
                                              "https://client.example.com./callback",
                                              "https://CLIENT.example.com/callback",
                                              "HTTPS://client.example.com/callback",
                                              "http://client.example.com/callback",
                                              "https://client.example.com@evil.example/callback",
                                              "https://evil.example\\@client.example.com/callback",
                                              "https://client.example.com.evil.example/callback",
                                              "https://evil.example/https://client.example.com/callback",
                                              "https://evil.example?https://client.example.com/callback",
                                              "https://evil.example#https://client.example.com/callback",
                                              "//client.example.com/callback",
                                              "https:client.example.com/callback",
                                              "https:/client.example.com/callback",
                                              "https:\\\\client.example.com\\callback",
                                              " https://client.example.com/callback",
                                              "https://client.example.com/callback ",
                                              "https://client.example.com/callback\t",
                                              "https://client.example.com/callback;x",
                                              "https://client.example.com/callback%00",
                                              "https://client.example.com/callback%0d%0aLocation:%20x",
                                              "https://client.example.com",
                                              "javascript:alert(1)//https://client.example.com/callback",
                                              "https://sub.client.example.com/callback"};
  cr_assert_geq(spellings.size(), 30);
  for (const auto& spelling : spellings) {
    const auto reply = ask(authorization(client, {{"redirect_uri", spelling}}));
    cr_assert(reply.status == 400 || reply.status == 422, "%s", reply.describe().c_str());
    cr_assert_eq(reply.header("location"), "");
  }
  expect_problem(ask(authorization(client, {{"redirect_uri", ""}})), 400, "invalid_request");
}

Test(oauth_attack, an_unknown_client_sends_nobody_anywhere) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  for (const auto& id : {fresh_id(), std::string{"x"}, client.id + "x", std::string{}}) {
    const auto reply = ask(authorization(client, {{"client_id", id}}));
    expect_problem(reply, 400, "invalid_request");
    cr_assert_eq(reply.header("location"), "");
  }
}

Test(oauth_attack, a_loopback_address_differs_in_its_port_alone) {
  const auto owner = sign_up();
  const auto client = register_client(owner, {{"redirect_uris", R"(["http://127.0.0.1/callback"])"},
                                              {"token_endpoint_auth_method", R"("none")"}});
  const auto asks = [&](const std::string& uri) {
    return ask(authorization(client, {{"redirect_uri", uri}})).status;
  };
  cr_assert_eq(asks("http://127.0.0.1:51004/callback"), 303);
  for (const std::string uri :
       {"http://127.0.0.1:51004/other", "http://127.0.0.2:51004/callback", "http://localhost:51004/callback",
        "https://127.0.0.1:51004/callback", "http://127.0.0.1:51004/callback#x",
        "http://127.0.0.1:51004@evil.example/callback", "http://127.0.0.1:0x50/callback"})
    cr_assert_eq(asks(uri), 400, "%s", uri.c_str());
}

Test(oauth_attack, a_request_without_pkce_or_with_a_weaker_one_gets_no_code) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const std::vector<Parameters> weak = {{{"code_challenge", ""}},
                                        {{"code_challenge_method", ""}},
                                        {{"code_challenge_method", "plain"}},
                                        {{"code_challenge_method", "s256"}},
                                        {{"code_challenge", "short"}},
                                        {{"code_challenge", std::string(44, 'A')}},
                                        {{"code_challenge", std::string(42, 'A') + "="}},
                                        {{"code_challenge", ""}, {"code_challenge_method", ""}}};
  for (const auto& changes : weak) {
    const auto location = expect(ask(authorization(client, changes)), 303).header("location");
    cr_assert_eq(query_of(location, "error"), "invalid_request");
    cr_assert(location.starts_with(kCallback));
  }
}

Test(oauth_attack, what_else_is_wrong_with_a_request_is_told_to_the_client_alone) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto error_of = [&](const Parameters& changes) {
    const auto location = expect(ask(authorization(client, changes)), 303).header("location");
    require(location.starts_with(kCallback), location);
    return query_of(location, "error");
  };
  cr_assert_eq(error_of({{"response_type", "token"}}), "unsupported_response_type");
  cr_assert_eq(error_of({{"response_type", "code id_token"}}), "unsupported_response_type");
  cr_assert_eq(error_of({{"response_type", ""}}), "unsupported_response_type");
  cr_assert_eq(error_of({{"response_mode", "fragment"}}), "invalid_request");
  cr_assert_eq(error_of({{"request", "eyJ"}}), "request_not_supported");
  cr_assert_eq(error_of({{"request_uri", "https://evil.example"}}), "request_uri_not_supported");
  cr_assert_eq(error_of({{"scope", "offline"}}), "invalid_scope");
  cr_assert_eq(error_of({{"scope", "openid everything"}}), "invalid_scope");
  cr_assert_eq(error_of({{"scope", "openid users:delete"}}), "invalid_scope");
  cr_assert_eq(error_of({{"prompt", "none login"}}), "invalid_request");
  cr_assert_eq(error_of({{"prompt", "now"}}), "invalid_request");
  cr_assert_eq(error_of({{"max_age", "-1"}}), "invalid_request");
  cr_assert_eq(error_of({{"max_age", "9223372036854775808"}}), "invalid_request");
  cr_assert_eq(error_of({{"state", std::string(1025, 's')}}), "invalid_request");
  cr_assert_eq(error_of({{"nonce", std::string(513, 'n')}}), "invalid_request");
}

Test(oauth_attack, a_request_that_a_page_has_changed_or_that_is_old_is_refused) {
  const MovedClock clock;
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto request = request_in(ask(authorization(client)));
  auto other = request;
  other[10] = other[10] == 'A' ? 'B' : 'A';
  for (const auto& forged : {other, request + "x", request.substr(0, request.find('.')), std::string{"."}}) {
    expect_problem(decide(owner, forged), 400, "token_invalid");
    expect_problem(Client{}.post("/api/v1/oauth/requests", object({{"request", forged}})), 400,
                   "token_invalid");
  }
  // What was signed for a sign-out lets nobody in.
  const auto logout = Client{}.get("/oauth2/logout?client_id=" + client.id).header("location");
  expect_problem(decide(owner, logout.substr(logout.find('=') + 1)), 400, "token_invalid");
  clock.set(3601);
  const auto again = account_of(expect(sign_in(owner.email, kPassword), 200), owner.email);
  expect_problem(decide(again, request), 400, "token_invalid");
}

Test(oauth_attack, a_decision_takes_the_persons_own_session) {
  const auto owner = sign_up();
  const auto client = register_client(owner, {{"scopes", R"(["openid","email","projects:read"])"}});
  const auto token =
      expect(tokens_for(owner, client, {{"scope", "openid projects:read"}}), 200).text("/access_token");
  const auto body = object({{"request", request_in(ask(authorization(client)))}, {"decision", "allow"}});
  expect_problem(Client{}.post("/api/v1/oauth/decisions", body), 401, "unauthenticated");
  expect_problem(Client{}.bearer(token).post("/api/v1/oauth/decisions", body), 403, "insufficient_scope");
  const auto key = make_api_key(owner, R"(["projects:read"])");
  expect_problem(key.client().post("/api/v1/oauth/decisions", body), 403, "session_required");
}

Test(oauth_attack, a_sign_out_leads_to_a_registered_address_alone) {
  const auto owner = sign_up();
  const auto client =
      register_client(owner, {{"post_logout_redirect_uris", R"(["https://client.example.com/bye"])"}});
  const auto hint = expect(tokens_for(owner, client), 200).text("/id_token");
  const auto asks = [&](const Parameters& parameters) {
    return Client{}.get("/oauth2/logout?" + form_of(parameters));
  };
  const auto led = asks({{"id_token_hint", hint},
                         {"post_logout_redirect_uri", "https://client.example.com/bye"},
                         {"state", "s"}});
  const auto location = expect(led, 303).header("location");
  cr_assert(location.starts_with("/app/sign-out#token="));
  const auto shown = Client{}.post("/api/v1/oauth/logouts", object({{"request", location.substr(20)}}));
  cr_assert_eq(expect(shown, 200).text("/redirect_to"), "https://client.example.com/bye?state=s");
  cr_assert_eq(post_form("/oauth2/logout", {{"client_id", client.id}}).status, 303);
  const std::vector<Parameters> refused = {
      {{"id_token_hint", hint}, {"post_logout_redirect_uri", "https://client.example.com/bye/"}},
      {{"id_token_hint", hint}, {"post_logout_redirect_uri", "https://evil.example/"}},
      {{"post_logout_redirect_uri", "https://client.example.com/bye"}},
      {{"id_token_hint", hint + "x"}},
      {{"id_token_hint", owner.access_token}},
      {{"id_token_hint", hint}, {"client_id", fresh_id()}}};
  for (const auto& parameters : refused) {
    const auto reply = asks(parameters);
    expect_problem(reply, 400, "invalid_request");
    cr_assert_eq(reply.header("location"), "");
  }
  expect(owner.client().get("/api/v1/auth/status"), 200);
  expect_problem(Client{}.post("/api/v1/oauth/logouts", object({{"request", "x.y"}})), 400, "token_invalid");
}
