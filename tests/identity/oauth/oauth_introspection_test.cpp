// What a host remembers of a token that it was asked about counts no longer than what it stands for.
#include <criterion/criterion.h>

#include <functional>

#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/impersonation.hpp"
#include "support/oauth.hpp"
#include "support/roles.hpp"
#include "support/super_admin.hpp"

using namespace tenantd::test;

namespace {

bool is_active(const OauthClient& by, const std::string& token) {
  return expect(introspect(by, token), 200).at("/active").GetBool();
}

// A member with a token that was asked about twice, so that it is remembered.
struct Remembered {
  Account owner = sign_up();
  Account member = invite_and_accept(owner, "member");
  OauthClient client = register_client(owner);
  OauthClient own = register_own_client(super_admin());
  std::string token =
      expect(tokens_for(member, client, {{"scope", "openid projects:read"}}), 200).text("/access_token");

  Remembered() {
    for (int i = 0; i < 2; ++i) {
      require(is_active(client, token) && is_active(own, token), "the client's");
      require(is_active(own, member.access_token), "a token of the person's own");
    }
  }
  void require_over(const std::string& what) const {
    require(!is_active(client, token) && !is_active(own, token), what);
  }
};

}  // namespace

Test(oauth_introspection, a_token_that_is_remembered_ends_with_what_it_stands_for, .timeout = 120) {
  const std::vector<std::pair<std::string, std::function<void(const Remembered&)>>> ends{
      {"its member is removed",
       [](const Remembered& r) {
         expect(r.owner.client().del("/api/v1/users/" + r.member.user_id, ""), 204);
       }},
      {"the membership is switched off",
       [](const Remembered& r) {
         expect(r.owner.client().put("/api/v1/users/" + r.member.user_id, R"({"status":"inactive"})"), 200);
       }},
      {"the organization is switched off",
       [](const Remembered& r) {
         expect(super_admin().client().post("/api/v1/tenants/" + r.owner.org_id + "/deactivate",
                                            R"({"reason":"Unpaid since March"})"),
                200);
       }},
      {"the client's access is taken back",
       [](const Remembered& r) {
         expect(r.member.client().del("/api/v1/oauth/consents/" + r.client.id, ""), 204);
       }},
      {"the client revokes it", [](const Remembered& r) {
         expect(post_form("/oauth2/revoke", {{"token", r.token}}, &r.client), 200);
       }}};
  for (const auto& [what, end] : ends) {
    const Remembered remembered;
    end(remembered);
    // Of an organization that is switched off, the client is none any more.
    if (what.starts_with("the organization")) {
      expect_oauth_error(introspect(remembered.client, remembered.token), 401, "invalid_client");
      require(!is_active(remembered.own, remembered.token), what);
    } else {
      remembered.require_over(what);
    }
  }
}

Test(oauth_introspection, it_says_what_the_member_may_now) {
  const auto owner = sign_up();
  const auto role = make_role(owner, "reader", R"(["projects:read","warehouses:read"])");
  const auto member = invite_and_accept(owner, "reader");
  const auto own = register_own_client(super_admin());
  for (int i = 0; i < 2; ++i)
    require_equal(introspect(own, member.access_token).text("/scope"), "projects:read warehouses:read");
  expect(owner.client().put(path_of(role), R"({"name":"reader","permissions":["projects:read"]})"), 200);
  require_equal(introspect(own, member.access_token).text("/scope"), "projects:read");
}

Test(oauth_introspection, tokens_of_a_client_that_is_gone_end_with_it) {
  const auto super = super_admin();
  const auto client = register_own_client(super);
  const auto asking = register_own_client(super);
  const auto person = sign_up();
  const auto token =
      expect(tokens_for(person, client, {{"scope", "openid projects:read"}}), 200).text("/access_token");
  for (int i = 0; i < 2; ++i) {
    require(is_active(asking, token), "it is remembered");
    expect(Client{}.bearer(token).get("/api/v1/projects"), 200);
    require(is_active(client, token), "the client is remembered");
  }
  expect(super.client().del("/api/v1/admin/oauth/clients/" + client.id, ""), 204);
  require(!is_active(asking, token), "inactive");
  expect_problem(Client{}.bearer(token).get("/api/v1/projects"), 401, "invalid_token");
  expect_oauth_error(introspect(client, token), 401, "invalid_client");
}

Test(oauth_introspection, a_secret_that_was_changed_twice_opens_nothing) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  for (int i = 0; i < 2; ++i) expect(introspect(client, "x"), 200);
  const auto path = "/api/v1/oauth/clients/" + client.id + "/rotate-secret";
  auto second = client;
  second.secret = expect(owner.client().post(path), 200).text("/client_secret");
  expect(introspect(client, "x"), 200);
  expect(introspect(second, "x"), 200);
  expect(owner.client().post(path), 200);
  expect_oauth_error(introspect(client, "x"), 401, "invalid_client");
  expect(introspect(second, "x"), 200);
}

Test(oauth_introspection, a_token_that_is_remembered_ends_when_it_says) {
  const Remembered remembered;
  const auto said = introspect(remembered.client, remembered.token).at("/exp").GetInt64();
  MovedClock clock;
  clock.set(said - tenantd::unix_seconds(tenantd::now()) + 1);
  remembered.require_over("its time is over");
}

Test(oauth_introspection, a_token_for_another_api_opens_nothing_here_once_it_is_remembered) {
  const auto owner = sign_up();
  const auto resource = "https://" + fresh_name("api") + ".example.com";
  const auto api = register_client(owner, {{"redirect_uris", "[]"}, {"resource", Field{resource}.json()}});
  const auto client = register_client(owner);
  const auto token =
      expect(tokens_for(owner, client, {{"scope", "openid projects:read"}, {"resource", resource}}), 200)
          .text("/access_token");
  for (int i = 0; i < 3; ++i) {
    require(is_active(api, token), "to its own");
    require(!is_active(register_client(owner), token), "to another one");
    expect_problem(Client{}.bearer(token).get("/api/v1/projects"), 401, "invalid_token");
    expect(Client{}.bearer(token).get("/oauth2/userinfo"), 401);
  }
}

Test(oauth_introspection, who_acts_in_anothers_name_is_named_and_may_no_more_than_the_api_lets_them) {
  const auto owner = sign_up();
  const auto admin = new_super_admin();
  const auto acting = acting_as(admin, owner, owner);
  const auto own = register_own_client(super_admin());
  for (int i = 0; i < 2; ++i) {
    const auto told = introspect(own, acting.access_token);
    require(expect(told, 200).at("/active").GetBool(), told.body);
    require_equal(told.text("/act/sub"), admin.user_id);
    require_equal(told.text("/sub"), owner.user_id);
    const auto scope = ' ' + told.text("/scope") + ' ';
    require(scope.find(" projects:read ") != std::string::npos, scope);
    for (const char* closed : {" users:update ", " api_keys:manage ", " roles:assign "})
      require(scope.find(closed) == std::string::npos, scope);
  }
  const auto own_word = introspect(own, owner.access_token);
  require(!own_word.has("/act"), own_word.body);
  require(own_word.text("/scope").find("api_keys:manage") != std::string::npos, own_word.body);
}

Test(oauth_introspection, an_address_is_told_where_it_was_asked_for) {
  const auto owner = sign_up();
  const auto client = register_client(owner, {{"scopes", R"(["openid","email","projects:read"])"}});
  const auto told_of = [&](const char* scope) {
    const auto tokens = tokens_for(owner, client, {{"scope", scope}});
    auto told = introspect(client, expect(tokens, 200).text("/access_token"));
    require(expect(told, 200).at("/active").GetBool(), told.body);
    return told;
  };
  const auto without = told_of("openid projects:read");
  require(!without.has("/username") && without.body.find(owner.email) == std::string::npos, without.body);
  require_equal(told_of("openid email").text("/username"), owner.email);
}
