// What an organization asks of the way in (a passkey, a second factor, no mailed code), asked of every way in
// which a client gets something that names the organization.
#include <criterion/criterion.h>

#include <map>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/oauth.hpp"
#include "support/super_admin.hpp"

using namespace tenantd::test;

namespace {

const std::map<std::string, std::string>& ways() {
  static const std::map<std::string, std::string> all{{"require_passkey = TRUE", "sign_in_way_refused"},
                                                      {"require_mfa = TRUE", "mfa_enrollment_required"},
                                                      {"mail_code = FALSE", "sign_in_way_refused"}};
  return all;
}

// What was written past the service counts at the next change that was not.
void set_way(const Account& owner, const std::string& assignment) {
  database().run("UPDATE organization SET " + assignment + " WHERE id = " + binary(owner.org_id));
  expect(super_admin().client().put("/api/v1/tenants/" + owner.org_id, object({{"name", fresh_name("org")}})),
         200);
}

void ask_nothing(const Account& owner) {
  set_way(owner, "require_passkey = FALSE, require_mfa = FALSE, mail_code = TRUE");
}

// As if the person had come by a mailed code alone.
Account by_mailed_code(const std::string& organization = "Acme") {
  auto owner = sign_up_verified(organization);
  database().run("UPDATE session SET methods = 'mail' WHERE user_id = " + binary(owner.user_id));
  return account_of(
      expect(Client{}.post("/api/v1/auth/refresh", object({{"refresh_token", owner.refresh_token}})), 200),
      owner.email);
}

std::int64_t client_sessions_of(const Account& owner) {
  return number_of("SELECT COUNT(*) FROM client_session WHERE user_id = " + binary(owner.user_id));
}

OauthClient register_offline(const Account& owner, const std::string& auth = "client_secret_basic") {
  return register_client(owner, {{"scopes", R"(["openid","email","org","offline_access","projects:read"])"},
                                 {"token_endpoint_auth_method", '"' + auth + '"'}});
}

constexpr const char* kScope = "openid org offline_access projects:read";

}  // namespace

Test(oauth_way_in, no_code_is_given_for_an_organization_that_asks_for_more) {
  const auto owner = by_mailed_code();
  const auto client = register_offline(owner);
  const auto own = register_own_client(super_admin());
  for (const auto& [way, refusal] : ways()) {
    std::map<std::string, std::string> requests, silent;
    for (const auto& each : {client, own}) {
      requests[each.id] = request_in(ask(authorization(each, {{"scope", "openid org"}})));
      silent[each.id] = request_in(ask(authorization(each, {{"scope", "openid org"}, {"prompt", "none"}})));
    }
    set_way(owner, way);
    Unchanged database;
    for (const auto& [id, request] : requests)
      for (const auto* decision : {"ask", "allow"})
        expect_problem(decide(owner, request, decision), 403, refusal);
    // A browser in which nobody is asked anything goes back to the client.
    for (const auto& [id, request] : silent)
      require_equal(query_of(expect(decide(owner, request), 200).text("/redirect_to"), "error"),
                    std::string{"interaction_required"}, way);
    database.check(way);
    // Who does not want to let the client in may say so.
    require_equal(
        query_of(expect(decide(owner, requests[client.id], "deny"), 200).text("/redirect_to"), "error"),
        std::string{"access_denied"});
    ask_nothing(owner);
  }
  require(!query_of(let_in(owner, client, {{"scope", kScope}}), "code").empty(),
          "let in where nothing is asked");
}

Test(oauth_way_in, a_code_of_before_gives_nothing) {
  const auto owner = by_mailed_code();
  const auto client = register_offline(owner);
  for (const auto& [way, refusal] : ways()) {
    const auto code = query_of(let_in(owner, client, {{"scope", kScope}}), "code");
    set_way(owner, way);
    const auto before = client_sessions_of(owner);
    expect_oauth_error(spend_code(client, code), 400, "invalid_grant");
    require_equal(client_sessions_of(owner), before, way);
    ask_nothing(owner);
    // It was not used up: whoever takes the demand back within its minute finds it as it was.
    expect(spend_code(client, code), 200);
  }
}

Test(oauth_way_in, a_refresh_token_of_before_gives_nothing_and_is_worth_nothing) {
  const auto owner = by_mailed_code();
  const auto client = register_offline(owner);
  for (const auto& [way, refusal] : ways()) {
    const auto tokens = tokens_for(owner, client, {{"scope", kScope}});
    const auto token = expect(tokens, 200).text("/refresh_token"), access = tokens.text("/access_token");
    require(introspect(client, token).at("/active").GetBool(), way);
    require(Client{}.bearer(access).get("/oauth2/userinfo").has("/org"), way);
    set_way(owner, way);
    Unchanged database;
    expect_oauth_error(refresh(client, token), 400, "invalid_grant");
    expect_oauth_error(refresh(client, token, {{"scope", "openid"}}), 400, "invalid_grant");
    for (const auto& each : {token, access})
      require_equal(introspect(client, each).body, R"({"active":false})", way);
    // Who it is remains; what the person is in the organization is not told.
    const auto info = Client{}.bearer(access).get("/oauth2/userinfo");
    require_equal(expect(info, 200).text("/sub"), owner.user_id);
    require(!info.has("/org"), info.body);
    expect_problem(Client{}.bearer(access).get("/api/v1/projects"), 403, refusal);
    database.check(way);
    ask_nothing(owner);
    expect(refresh(client, token), 200);
  }
}

Test(oauth_way_in, no_device_is_let_in_and_none_that_was_gets_anything) {
  const auto owner = by_mailed_code();
  const auto client = register_offline(owner, "none");
  const auto begin = [&] {
    auto reply = post_form("/oauth2/device_authorization", {{"client_id", client.id}, {"scope", kScope}});
    expect(reply, 200);
    return reply;
  };
  const auto answer = [&](const Response& device, const char* decision) {
    return owner.client().post("/api/v1/oauth/device-decisions",
                               object({{"user_code", device.text("/user_code")}, {"decision", decision}}));
  };
  const auto poll = [&](const Response& device) {
    return post_form("/oauth2/token", {{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                                       {"client_id", client.id},
                                       {"device_code", device.text("/device_code")}});
  };
  for (const auto& [way, refusal] : ways()) {
    const auto waiting = begin(), allowed = begin();
    expect(answer(allowed, "allow"), 200);
    set_way(owner, way);
    for (const auto* decision : {"ask", "allow"}) expect_problem(answer(waiting, decision), 403, refusal);
    expect_oauth_error(poll(waiting), 400, "authorization_pending");
    expect_oauth_error(poll(allowed), 400, "invalid_grant");
    require_equal(number_of("SELECT COUNT(*) FROM audit_log WHERE action = 'oauth_device.allowed' AND "
                            "resource_id = " +
                            binary(owner.user_id)),
                  static_cast<std::int64_t>(1 + std::distance(ways().begin(), ways().find(way))), way);
    ask_nothing(owner);
    expect(poll(allowed), 200);
  }
}
