// tenantd signs people in by another tenantd: the suite's instance is the provider, a private one its client.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/oauth.hpp"
#include "support/private_stack.hpp"
#include "tenantd/base/text.hpp"

using namespace tenantd::test;

namespace {

// An account and an organization there, where the suite's helpers do not reach.
struct There {
  const PrivateStack& stack;
  std::string org, token;

  explicit There(const PrivateStack& at) : stack(at) {
    const auto reply =
        stack.client().post("/signup", sign_up_body(fresh_email("owner"), fresh_name("Client")));
    expect(reply, 201);
    org = reply.text("/organization/id");
    token = reply.text("/access_token");
  }
  Client client() const { return std::move(stack.client().bearer(token)); }
  std::string providers() const { return "/api/v1/tenants/" + org + "/oidc-providers"; }
};

// What the client's page sends back.
struct Back {
  std::string code, state, issuer, cookie;
};

// The way through the provider's consent, in one browser.
Back go(const There& there, const Account& person) {
  const auto begun = there.stack.client().get("/api/v1/auth/oauth/home/login/" + there.org);
  expect(begun, 200);
  const auto url = begun.text("/authorization_url");
  const auto asked = Client{}.get(url.substr(url.find("/oauth2/authorize")));
  const auto reply = decide(person, request_in(asked));
  expect(reply, 200);
  const auto back = reply.text("/redirect_to");
  const auto cookie = begun.header("set-cookie");
  require(back.starts_with(there.stack.url() + "/sso/" + there.org + "/home?"), back);
  return {query_of(back, "code"), query_of(back, "state"), query_of(back, "iss"),
          cookie.substr(0, cookie.find(';'))};
}

Response finish(const There& there, const Back& back, const std::string& issuer) {
  auto client = there.stack.client();
  client.header("Cookie", back.cookie);
  const auto path = "/api/v1/auth/oauth/home/callback/" + there.org;
  if (issuer.empty()) return client.post(path, object({{"code", back.code}, {"state", back.state}}));
  return client.post(path, object({{"code", back.code}, {"state", back.state}, {"iss", issuer}}));
}

}  // namespace

Test(sso_by_tenantd, people_sign_in_by_a_secret_and_by_a_key, .timeout = 180) {
  const PrivateStack stack{{"OUTBOUND_ALLOW=127.0.0.1", "OUTBOUND_HTTP=true", "LIMIT_OUTBOUND=0"}};
  const There there{stack};
  const auto issuer = Client{}.get("/.well-known/openid-configuration").text("/issuer");
  const auto owner = sign_up_verified();
  const std::map<std::string, std::string> at{
      {"redirect_uris", "[\"" + stack.url() + "/sso/" + there.org + "/home\"]"}};
  const auto registered = register_client(owner, at);
  const auto made = there.client().post(
      there.providers(),
      R"({"slug":"home","name":"Home","issuer":")" + issuer + R"(","client_id":")" + registered.id +
          R"(","client_secret":")" + registered.secret +
          R"(","auto_provision_users":true,"allowed_domains":["example.com"],"default_role_name":"viewer",)"
          R"("scopes":"org","groups_claim":"org.role","group_roles":[{"group":"owner","role_name":"member"}]})");
  expect(made, 201);
  const auto one = there.providers() + '/' + made.text("/id");

  const auto back = go(there, owner);
  require_equal(back.issuer, issuer);
  const auto first = finish(there, back, back.issuer);
  expect(first, 200);
  require_equal(first.text("/user/email"), owner.email);
  require_equal(first.text("/organization/id"), there.org);
  expect_problem(finish(there, back, back.issuer), 400, "oauth_state_invalid");
  // It says that it names itself, so that a reply without a name, or with another, is not its own.
  expect_problem(finish(there, go(there, owner), ""), 401, "oauth_token_refused");
  expect_problem(finish(there, go(there, owner), stack.url()), 401, "oauth_token_refused");
  // Of an address that the provider does not call verified.
  const auto unproven = sign_up();
  const auto other = register_client(unproven, at);
  expect(there.client().put(one,
                            R"({"client_id":")" + other.id + R"(","client_secret":")" + other.secret + "\"}"),
         200);
  const auto refused = go(there, unproven);
  expect_problem(finish(there, refused, refused.issuer), 403, "domain_not_allowed");

  // By a key: its public half is registered there.
  const auto keyed = there.client().put(one, R"({"client_auth":"private_key_jwt"})");
  expect(keyed, 200);
  const auto from = keyed.body.find("\"client_jwk\":") + 13;
  const auto jwk = keyed.body.substr(from, keyed.body.find('}', from) + 1 - from);
  auto with_key = at;
  with_key["token_endpoint_auth_method"] = R"("private_key_jwt")";
  with_key["jwks"] = Field{"{\"keys\":[" + jwk + "]}"}.json();
  const auto by_key = register_client(owner, with_key);
  expect(there.client().put(one, R"({"client_id":")" + by_key.id + "\"}"), 200);
  const auto again = go(there, owner);
  const auto second = finish(there, again, again.issuer);
  expect(second, 200);
  require_equal(second.text("/user/id"), first.text("/user/id"));
}
