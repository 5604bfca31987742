// The way of a code: from a client's request over the person's word to tokens.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/oauth.hpp"
#include "support/super_admin.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"

using namespace tenantd::test;
namespace json = tenantd::json;

Test(oauth_code, a_person_signs_in_to_a_client_and_it_learns_what_it_asked_for) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto back = let_in(owner, client, {{"scope", "openid profile email org"}});
  cr_assert(back.starts_with(kCallback));
  cr_assert_eq(query_of(back, "state"), "af0ifjsldkj");
  const auto issuer = Client{}.get("/.well-known/openid-configuration").text("/issuer");
  cr_assert_eq(query_of(back, "iss"), issuer);
  const auto tokens = spend_code(client, query_of(back, "code"));
  expect(tokens, 200);
  cr_assert_eq(tokens.text("/token_type"), "Bearer");
  cr_assert_eq(tokens.header("cache-control"), "no-store");
  const auto claims = json::read_object(payload_of(tokens.text("/id_token"))).value();
  cr_assert_eq(json::text_of(claims, "iss"), issuer);
  cr_assert_eq(json::text_of(claims, "sub"), owner.user_id);
  cr_assert_eq(json::text_of(claims, "aud"), client.id);
  cr_assert_eq(json::text_of(claims, "nonce"), "n-0S6_WzA2Mj");
  cr_assert_eq(json::text_of(claims, "acr"), "aal1");
  cr_assert(claims.HasMember("auth_time") && claims.HasMember("sid") && claims.HasMember("at_hash"));
  const auto info = Client{}.bearer(tokens.text("/access_token")).get("/oauth2/userinfo");
  expect(info, 200);
  cr_assert_eq(info.text("/sub"), owner.user_id);
  cr_assert_eq(info.text("/email"), owner.email);
  cr_assert_eq(info.text("/org/id"), owner.org_id);
  cr_assert_eq(info.text("/org/role"), "owner");
}

Test(oauth_code, a_clients_token_may_what_its_scopes_and_the_person_have_in_common) {
  const auto owner = sign_up();
  const auto client = register_client(owner, {{"scopes", R"(["openid","projects:read","users:delete"])"}});
  const auto token =
      expect(tokens_for(owner, client, {{"scope", "openid projects:read"}}), 200).text("/access_token");
  Client caller;
  caller.bearer(token);
  expect(caller.get("/api/v1/projects"), 200);
  expect_problem(caller.post("/api/v1/projects", R"({"name":"x"})"), 403, "insufficient_scope");
  expect_problem(caller.get("/api/v1/users"), 403, "insufficient_scope");
  expect_problem(caller.get("/api/v1/users/me"), 403, "insufficient_scope");
  expect_problem(caller.get("/api/v1/oauth/consents"), 403, "insufficient_scope");
  expect_problem(caller.post("/api/v1/auth/logout"), 403, "insufficient_scope");
  const auto viewer = invite_and_accept(owner, "viewer");
  const auto given = tokens_for(viewer, client, {{"scope", "openid projects:read users:delete"}});
  cr_assert_eq(expect(given, 200).text("/scope"), "openid projects:read");
}

// RFC 6749 section 3.3.
Test(oauth_code, a_request_without_a_scope_asks_for_what_the_client_registered_but_offline_access) {
  const auto owner = sign_up();
  const auto client =
      register_client(owner, {{"scopes", R"(["openid","email","offline_access","projects:read"])"}});
  const auto tokens = tokens_for(owner, client, {{"scope", ""}});
  cr_assert_eq(expect(tokens, 200).text("/scope"), "openid email projects:read");
  cr_assert(!tokens.has("/refresh_token"));
}

Test(oauth_code, a_token_without_permissions_reaches_userinfo_alone) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto token = expect(tokens_for(owner, client), 200).text("/access_token");
  Client caller;
  caller.bearer(token);
  expect(caller.get("/oauth2/userinfo"), 200);
  expect(caller.post("/oauth2/userinfo"), 200);
  expect_problem(caller.get("/api/v1/projects"), 403, "insufficient_scope");
  expect_problem(caller.get("/auth/verify"), 403, "insufficient_scope");
  // Its audience is not the API's: who takes tokens by the JWKS alone does not take it either.
  const auto claims = json::read_object(payload_of(token)).value();
  cr_assert(json::text_of(claims, "aud").ends_with("/oauth2/userinfo"));
}

Test(oauth_code, a_demoted_member_takes_the_rights_of_the_client_along) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner, "admin");
  const auto client = register_client(owner, {{"scopes", R"(["openid","users:read"])"}});
  const auto token =
      expect(tokens_for(member, client, {{"scope", "openid users:read"}}), 200).text("/access_token");
  Client caller;
  caller.bearer(token);
  expect(caller.get("/api/v1/users"), 200);
  expect(owner.client().put("/api/v1/members/" + member.user_id + "/role", R"({"new_role_name":"viewer"})"),
         200);
  expect_problem(caller.get("/api/v1/users"), 403, "forbidden");
}

Test(oauth_code, a_client_of_the_service_asks_nobody_and_acts_where_the_person_is_active) {
  const auto client = register_own_client(super_admin());
  const auto owner = sign_up();
  const auto request = request_in(ask(authorization(client, {{"scope", "openid org projects:read"}})));
  const auto asked = decide(owner, request, "ask");
  expect(asked, 200);
  const auto tokens = spend_code(client, query_of(asked.text("/redirect_to"), "code"));
  expect(tokens, 200);
  expect(Client{}.bearer(tokens.text("/access_token")).get("/api/v1/projects"), 200);
  const auto elsewhere = sign_up("Beta");
  expect_problem(Client{}
                     .bearer(tokens.text("/access_token"))
                     .header("X-Tenant-Id", elsewhere.org_id)
                     .get("/api/v1/projects"),
                 404, "not_found");
}

Test(oauth_code, a_client_that_was_let_in_is_not_asked_about_again_until_it_wants_more) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto first = decide(owner, request_in(ask(authorization(client))), "ask");
  expect(first, 200);
  cr_assert_eq(first.text("/ask"), "consent");
  let_in(owner, client);
  cr_assert(decide(owner, request_in(ask(authorization(client))), "ask").at("/redirect_to").IsString());
  const auto more =
      decide(owner, request_in(ask(authorization(client, {{"scope", "openid email profile"}}))), "ask");
  cr_assert_eq(more.text("/ask"), "consent");
  const auto again = decide(owner, request_in(ask(authorization(client, {{"prompt", "consent"}}))), "ask");
  cr_assert_eq(again.text("/ask"), "consent");
}

Test(oauth_code, a_consent_is_listed_and_taken_back_with_all_that_the_client_holds) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto tokens = tokens_for(owner, client, {{"scope", "openid offline_access"}});
  expect(tokens, 200);
  const auto listed = owner.client().get("/api/v1/oauth/consents");
  expect(listed, 200);
  cr_assert_eq(listed.text("/items/0/client_id"), client.id);
  const auto path = "/api/v1/oauth/consents/" + client.id;
  expect_problem(sign_up().client().del(path, ""), 404, "not_found");
  expect(owner.client().del(path, ""), 204);
  expect_problem(owner.client().del(path, ""), 404, "not_found");
  expect(Client{}.bearer(tokens.text("/access_token")).get("/oauth2/userinfo"), 401);
  expect_oauth_error(refresh(client, tokens.text("/refresh_token")), 400, "invalid_grant");
  cr_assert_eq(
      number_of("SELECT COUNT(*) FROM audit_log WHERE action LIKE 'oauth\\_consent.%' AND actor_id = " +
                binary(owner.user_id)),
      2);
}

Test(oauth_code, a_person_who_says_no_sends_the_browser_back_with_that) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto back =
      expect(decide(owner, request_in(ask(authorization(client))), "deny"), 200).text("/redirect_to");
  cr_assert_eq(query_of(back, "error"), "access_denied");
  cr_assert_eq(query_of(back, "state"), "af0ifjsldkj");
  cr_assert_neq(query_of(back, "iss"), "");
}

Test(oauth_code, prompt_and_max_age_say_who_is_asked_and_when) {
  const MovedClock clock;
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto asked = [&](const Parameters& changes) {
    return decide(owner, request_in(ask(authorization(client, changes))), "ask");
  };
  cr_assert_eq(query_of(asked({{"prompt", "none"}}).text("/redirect_to"), "error"), "consent_required");
  let_in(owner, client);
  cr_assert_neq(query_of(asked({{"prompt", "none"}}).text("/redirect_to"), "code"), "");
  clock.set(120);
  cr_assert_eq(asked({{"max_age", "60"}}).text("/ask"), "login");
  cr_assert_neq(query_of(asked({{"max_age", "600"}}).text("/redirect_to"), "code"), "");
  // As long as a number can say: no proof is too old for that.
  cr_assert_neq(query_of(asked({{"max_age", "9223372036854775807"}}).text("/redirect_to"), "code"), "");
  cr_assert_eq(asked({{"prompt", "login"}}).text("/ask"), "login");
  cr_assert_eq(query_of(asked({{"prompt", "none"}, {"max_age", "60"}}).text("/redirect_to"), "error"),
               "login_required");
  // Who signs in again while the page is open has shown it.
  const auto request = request_in(ask(authorization(client, {{"prompt", "login"}})));
  const auto again = account_of(expect(sign_in(owner.email, kPassword), 200), owner.email);
  cr_assert_neq(query_of(expect(decide(again, request), 200).text("/redirect_to"), "code"), "");
}

Test(oauth_code, the_page_learns_who_asks_before_anybody_has_signed_in) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto request =
      request_in(ask(authorization(client, {{"prompt", "none"}, {"login_hint", "x@example.com"}})));
  const auto shown = Client{}.post("/api/v1/oauth/requests", object({{"request", request}}));
  expect(shown, 200);
  cr_assert_eq(shown.text("/client/name"), "Reports");
  cr_assert_eq(shown.text("/login_hint"), "x@example.com");
  cr_assert_eq(query_of(shown.text("/unanswered_to"), "error"), "login_required");
}

Test(oauth_code, a_refresh_token_goes_on_without_the_browser_and_rotates) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto tokens = tokens_for(owner, client, {{"scope", "openid offline_access projects:read"}});
  expect(tokens, 200);
  expect(owner.client().post("/api/v1/auth/logout"), 204);
  const auto second = refresh(client, tokens.text("/refresh_token"));
  expect(second, 200);
  expect(Client{}.bearer(second.text("/access_token")).get("/api/v1/projects"), 200);
  const auto third = refresh(client, second.text("/refresh_token"), {{"scope", "openid"}});
  cr_assert_eq(expect(third, 200).text("/scope"), "openid");
  expect_oauth_error(refresh(client, third.text("/refresh_token"), {{"scope", "openid email"}}), 400,
                     "invalid_scope");
}

Test(oauth_code, what_has_no_offline_access_ends_with_the_browsers_session) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto tokens = tokens_for(owner, client);
  expect(tokens, 200);
  cr_assert_not(tokens.has("/refresh_token"));
  Client caller;
  caller.bearer(tokens.text("/access_token"));
  expect(caller.get("/oauth2/userinfo"), 200);
  expect(owner.client().post("/api/v1/auth/logout"), 204);
  expect(caller.get("/oauth2/userinfo"), 401);
}

Test(oauth_code, a_client_chooses_by_what_its_id_tokens_are_signed) {
  const auto owner = sign_up();
  for (const std::string alg : {"RS256", "EdDSA"}) {
    const auto client = register_client(owner, {{"id_token_signed_response_alg", '"' + alg + '"'}});
    const auto token = expect(tokens_for(owner, client), 200).text("/id_token");
    const auto header =
        json::read_object(tenantd::base64url_decode(token.substr(0, token.find('.'))).value()).value();
    cr_assert_eq(json::text_of(header, "alg"), alg);
    const auto keys = Client{}.get("/.well-known/jwks.json");
    bool published = false;
    for (const auto& key : keys.at("/keys").GetArray())
      published = published || json::text_of(key, "kid") == json::text_of(header, "kid");
    cr_assert(published);
    // The access token's hash by the same kind of hash.
    cr_assert_eq(json::text_of(json::read_object(payload_of(token)).value(), "at_hash").size(),
                 alg == "RS256" ? 22U : 43U);
  }
}

Test(oauth_code, a_deleted_client_takes_its_tokens_along) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto tokens = tokens_for(owner, client, {{"scope", "openid offline_access"}});
  expect(tokens, 200);
  Client caller;
  caller.bearer(tokens.text("/access_token"));
  expect(caller.get("/oauth2/userinfo"), 200);
  expect(owner.client().del("/api/v1/oauth/clients/" + client.id, ""), 204);
  expect(caller.get("/oauth2/userinfo"), 401);
  expect_oauth_error(refresh(client, tokens.text("/refresh_token")), 401, "invalid_client");
  expect_problem(ask(authorization(client)), 400, "invalid_request");
}

Test(oauth_code, an_organizations_client_is_for_its_members) {
  const auto owner = sign_up();
  const auto stranger = sign_up("Beta");
  const auto client = register_client(owner);
  const auto asked = decide(stranger, request_in(ask(authorization(client))));
  expect(asked, 200);
  cr_assert_eq(asked.text("/ask"), "membership");
}

Test(oauth_code, an_organization_hint_asks_for_that_organization) {
  const auto client = register_own_client(super_admin());
  const auto owner = sign_up();
  const auto asked = [&](const std::string& hint) {
    return decide(owner, request_in(ask(authorization(client, {{"organization", hint}}))));
  };
  cr_assert(asked(owner.org_id).at("/redirect_to").IsString());
  cr_assert_eq(asked(sign_up("Beta").org_id).text("/ask"), "organization");
}

Test(oauth_code, a_client_sends_the_browser_by_a_form_as_well) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto request = request_in(post_form("/oauth2/authorize", authorization(client)));
  const auto back = expect(decide(owner, request), 200).text("/redirect_to");
  expect(spend_code(client, query_of(back, "code")), 200);
  expect_oauth_error(post_form("/oauth2/authorize", authorization(client, {{"client_id", "x"}})), 400,
                     "invalid_request");
  const auto refused = post_form("/oauth2/authorize", authorization(client, {{"code_challenge", ""}}));
  expect(refused, 303);
  cr_assert_eq(query_of(refused.header("location"), "error"), "invalid_request");
}
