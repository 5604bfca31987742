// For which API tokens are, and where a client that was refused learns who gives them.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/oauth.hpp"
#include "support/super_admin.hpp"
#include "tenantd/base/json_read.hpp"

using namespace tenantd::test;
namespace json = tenantd::json;

namespace {

// An address that no other test has.
std::string fresh_resource() { return "https://" + fresh_name("api") + ".example.com/mcp"; }

OauthClient register_api(const Account& owner, const std::string& resource) {
  return register_client(owner, {{"redirect_uris", "[]"}, {"resource", Field{resource}.json()}});
}

std::string audience_of(const std::string& token) {
  return json::text_of(json::read_object(payload_of(token)).value(), "aud");
}

}  // namespace

Test(oauth_resource, a_token_for_an_api_of_the_organization_is_for_it_alone) {
  const auto owner = sign_up();
  const auto resource = fresh_resource();
  const auto api = register_api(owner, resource);
  const auto client = register_client(owner);
  const auto tokens =
      tokens_for(owner, client, {{"scope", "openid offline_access projects:read"}, {"resource", resource}});
  expect(tokens, 200);
  const auto token = tokens.text("/access_token");
  cr_assert_eq(audience_of(token), resource);
  // It opens nothing here, and says nothing about the person.
  expect(Client{}.bearer(token).get("/api/v1/projects"), 401);
  expect(Client{}.bearer(token).get("/oauth2/userinfo"), 401);
  const auto told = introspect(api, token);
  expect(told, 200);
  cr_assert(told.at("/active").GetBool());
  cr_assert_eq(told.text("/aud"), resource);
  cr_assert_eq(told.text("/scope"), "openid offline_access projects:read");
  cr_assert(introspect(client, token).at("/active").GetBool());
  const auto again = refresh(client, tokens.text("/refresh_token"), {{"resource", resource}});
  expect(again, 200);
  cr_assert_eq(audience_of(again.text("/access_token")), resource);
  expect_oauth_error(refresh(client, again.text("/refresh_token"), {{"resource", fresh_resource()}}), 400,
                     "invalid_target");
  // A logout counts at once.
  expect(post_form("/oauth2/revoke", {{"token", token}}, &client), 200);
  cr_assert_not(introspect(api, token).at("/active").GetBool());
}

Test(oauth_resource, without_a_resource_and_for_this_service_tokens_are_for_its_api) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto issuer = Client{}.get("/.well-known/openid-configuration").text("/issuer");
  for (const auto& changes :
       {Parameters{}, Parameters{{"resource", issuer}}, Parameters{{"resource", issuer + '/'}}}) {
    auto wanted = changes;
    wanted.emplace_back("scope", "openid projects:read");
    const auto token = expect(tokens_for(owner, client, wanted), 200).text("/access_token");
    expect(Client{}.bearer(token).get("/api/v1/projects"), 200);
  }
}

Test(oauth_resource, a_machine_gets_tokens_for_an_api_of_its_organization) {
  const auto owner = sign_up();
  const auto resource = fresh_resource();
  const auto api = register_api(owner, resource);
  const auto client = register_client(
      owner,
      {{"redirect_uris", "[]"}, {"client_credentials", R"("allowed")"}, {"scopes", R"(["projects:read"])"}});
  const auto ask_for = [&](const std::string& wanted) {
    return post_form("/oauth2/token", {{"grant_type", "client_credentials"}, {"resource", wanted}}, &client);
  };
  const auto token = expect(ask_for(resource), 200).text("/access_token");
  cr_assert_eq(audience_of(token), resource);
  expect(Client{}.bearer(token).get("/api/v1/projects"), 401);
  cr_assert(introspect(api, token).at("/active").GetBool());
  expect_oauth_error(ask_for(fresh_resource()), 400, "invalid_target");
}

Test(oauth_resource, who_is_refused_learns_where_tokens_come_from) {
  const auto issuer = Client{}.get("/.well-known/openid-configuration").text("/issuer");
  const auto address = issuer + "/.well-known/oauth-protected-resource";
  const auto refused = Client{}.get("/api/v1/projects");
  expect_problem(refused, 401, "unauthenticated");
  require_equal(refused.header("www-authenticate"), "Bearer resource_metadata=\"" + address + '"');
  const auto wrong = Client{}.bearer("x").get("/api/v1/projects");
  require_equal(wrong.header("www-authenticate"),
                "Bearer error=\"invalid_token\", resource_metadata=\"" + address + '"');
  const auto told = Client{}.get("/.well-known/oauth-protected-resource");
  expect(told, 200);
  cr_assert_eq(told.text("/resource"), issuer);
  cr_assert_eq(told.text("/authorization_servers/0"), issuer);
}

Test(oauth_resource_attack, nobody_gets_tokens_for_somebody_elses_api) {
  const auto owner = sign_up();
  const auto stranger = sign_up("Beta");
  const auto resource = fresh_resource();
  const auto api = register_api(owner, resource);
  const auto foreign = register_client(stranger);
  const auto back = ask(authorization(foreign, {{"resource", resource}}));
  expect(back, 303);
  cr_assert_eq(query_of(back.header("location"), "error"), "invalid_target");
  // Nor claims its address, by whatever way.
  const auto claim = client_body({{"resource", Field{resource}.json()}});
  expect_problem(stranger.client().post("/api/v1/oauth/clients", claim), 422, "validation_failed");
  expect_problem(stranger.client().put("/api/v1/oauth/clients/" + foreign.id, claim), 422,
                 "validation_failed");
  // A code for one API does not become a token for another, nor one for this service's.
  const auto client = register_client(owner);
  const auto other = fresh_resource();
  register_api(owner, other);
  const auto code = query_of(let_in(owner, client, {{"resource", resource}}), "code");
  expect_oauth_error(spend_code(client, code, {{"resource", other}}), 400, "invalid_target");
  const auto issuer = Client{}.get("/.well-known/openid-configuration").text("/issuer");
  expect_oauth_error(spend_code(client, code, {{"resource", issuer}}), 400, "invalid_target");
  // The API of one organization learns nothing of tokens for another one.
  const auto token = expect(tokens_for(owner, client, {{"resource", other}}), 200).text("/access_token");
  cr_assert_not(introspect(api, token).at("/active").GetBool());
  // Nor does one of the service's own take another API's tokens for its own.
  cr_assert_not(introspect(register_own_client(super_admin()), token).at("/active").GetBool());
}

Test(oauth_resource_attack, a_client_of_the_service_asks_for_an_organizations_api_for_its_members_alone) {
  const auto owner = sign_up();
  const auto stranger = sign_up("Beta");
  const auto resource = fresh_resource();
  register_api(owner, resource);
  const auto own = register_own_client(super_admin());
  const auto asked = [&](const Account& who) {
    return decide(who, request_in(ask(authorization(own, {{"resource", resource}}))));
  };
  cr_assert(asked(owner).at("/redirect_to").IsString());
  cr_assert_eq(expect(asked(stranger), 200).text("/ask"), "membership");
}

Test(oauth_resource_attack, this_service_is_nobodys_api) {
  const auto owner = sign_up();
  const auto issuer = Client{}.get("/.well-known/openid-configuration").text("/issuer");
  for (const auto& resource : {issuer, issuer + "/oauth2/userinfo", std::string{"javascript:x"},
                               std::string{"tenantd"}, std::string{"https://a.example.com/#x"}})
    expect_problem(
        owner.client().post("/api/v1/oauth/clients", client_body({{"resource", Field{resource}.json()}})),
        422, "validation_failed");
}

Test(oauth_resource_attack, an_address_is_free_again_when_its_client_is_ended_or_lets_it_go) {
  const auto owner = sign_up();
  const auto stranger = sign_up("Beta");
  const auto resource = fresh_resource();
  const auto api = register_api(owner, resource);
  expect(owner.client().del("/api/v1/oauth/clients/" + api.id, ""), 204);
  const auto next = register_api(stranger, resource);
  expect(stranger.client().put("/api/v1/oauth/clients/" + next.id, client_body()), 200);
  register_api(owner, resource);
}
