// Clients are told by back channel of sessions that end: in an instance of its own that may call this host.
#include <criterion/criterion.h>

#include <atomic>
#include <functional>
#include <map>
#include <set>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/oauth.hpp"
#include "support/private_stack.hpp"
#include "support/receiver.hpp"
#include "support/super_admin.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"

using namespace tenantd::test;
namespace json = tenantd::json;

namespace {

class Told {
 public:
  Told() : stack({"OUTBOUND_ALLOW=127.0.0.1", "OUTBOUND_HTTP=true", "WEBHOOK_RETRY_SECONDS=1"}) {
    stack.take_the_suites_place();
    owner = sign_up();
  }
  OauthClient client(const Receiver& receiver, const std::string& path = "/out",
                     std::map<std::string, std::string> more = {}) const {
    more["backchannel_logout_uri"] = Field{receiver.url(path)}.json();
    return register_client(owner, more);
  }
  void sweep() const {
    const auto swept = stack.run("tenantd-sweeper");
    require_equal(swept.status, 0, swept.output);
  }

  PrivateStack stack;
  Account owner;
};

std::string token_in(const Received& request) {
  require(request.body.starts_with("logout_token="), request.body);
  return request.body.substr(std::string{"logout_token="}.size());
}

std::string sid_of(const std::string& token) {
  return json::text_of(json::read_object(payload_of(token)).value(), "sid");
}

// Of the session that the reply's ID token names.
std::string sid_in(const Response& tokens) { return sid_of(expect(tokens, 200).text("/id_token")); }

std::set<std::string> sids_of(const std::vector<Received>& requests) {
  std::set<std::string> sids;
  for (const auto& request : requests) sids.insert(sid_of(token_in(request)));
  return sids;
}

}  // namespace

Test(oauth_logout, a_client_is_told_of_a_sign_out_by_a_token_for_it_alone, .timeout = 180) {
  Receiver receiver;
  const Told told;
  const auto client = told.client(receiver);
  const auto sid = sid_in(tokens_for(told.owner, client));
  expect(told.owner.client().post("/api/v1/auth/logout"), 204);
  const auto requests = receiver.wait_for(1, "/out");
  cr_assert_eq(requests[0].headers.at("content-type"), "application/x-www-form-urlencoded");
  const auto token = token_in(requests[0]);
  const auto header =
      json::read_object(tenantd::base64url_decode(token.substr(0, token.find('.'))).value()).value();
  cr_assert_eq(json::text_of(header, "typ"), "logout+jwt");
  cr_assert_eq(json::text_of(header, "alg"), "RS256");
  const auto claims = json::read_object(payload_of(token)).value();
  cr_assert_eq(json::text_of(claims, "iss"),
               Client{}.get("/.well-known/openid-configuration").text("/issuer"));
  cr_assert_eq(json::text_of(claims, "sub"), told.owner.user_id);
  cr_assert_eq(json::text_of(claims, "aud"), client.id);
  cr_assert_eq(json::text_of(claims, "sid"), sid);
  cr_assert(claims["events"].HasMember("http://schemas.openid.net/event/backchannel-logout"));
  cr_assert(claims.HasMember("jti") && claims.HasMember("iat") && claims.HasMember("exp"));
  cr_assert_not(claims.HasMember("nonce"));
  wait_until("nothing waits", [] { return number_of("SELECT COUNT(*) FROM oauth_logout") == 0; });
  // It is none that this service takes for an ID token.
  expect_problem(Client{}.get("/oauth2/logout?id_token_hint=" + token), 400, "invalid_request");
}

Test(oauth_logout, every_way_in_which_a_session_ends_is_told, .timeout = 300) {
  Receiver receiver;
  const Told told;
  const auto client = told.client(receiver);
  std::set<std::string> sids;
  const auto let_in_as = [&](const Account& who, const std::string& scope = "openid") {
    auto tokens = tokens_for(who, client, {{"scope", scope}});
    sids.insert(sid_in(tokens));
    return tokens;
  };
  const auto member = [&](const char* role = "viewer") { return invite_and_accept(told.owner, role); };
  std::vector<std::function<void()>> ends;
  // One's own sign-out, with what outlives it.
  const auto out = member();
  let_in_as(out, "openid offline_access");
  ends.push_back([&] { expect(out.client().post("/api/v1/auth/logout"), 204); });
  // The client's own revocation.
  const auto revoked = member();
  const auto refresh_token = let_in_as(revoked, "openid offline_access").text("/refresh_token");
  ends.push_back([&] { expect(post_form("/oauth2/revoke", {{"token", refresh_token}}, &client), 200); });
  // The consent is taken back.
  const auto regretful = member();
  let_in_as(regretful);
  ends.push_back([&] { expect(regretful.client().del("/api/v1/oauth/consents/" + client.id, ""), 204); });
  // All other sessions are ended.
  const auto elsewhere = member();
  let_in_as(elsewhere);
  const auto here = account_of(expect(sign_in(elsewhere.email, kPassword), 200), elsewhere.email);
  ends.push_back(
      [&] { expect(here.client().del("/api/v1/users/" + elsewhere.user_id + "/sessions", ""), 204); });
  // Another password.
  const auto changed = member();
  let_in_as(changed);
  ends.push_back([&] {
    expect(changed.client().post(
               "/api/v1/auth/change-password",
               object({{"current_password", kPassword}, {"new_password", "a heron walks the tideline"}})),
           204);
  });
  // The membership.
  const auto removed = member();
  let_in_as(removed);
  ends.push_back([&] {
    expect(told.owner.client().del("/delete",
                                   object({{"user_id", removed.user_id}, {"org_id", told.owner.org_id}})),
           204);
  });
  for (const auto& end : ends) end();
  told.sweep();
  const auto requests = receiver.wait_for(sids.size(), "/out");
  cr_assert_eq(sids_of(requests).size(), sids.size());
  cr_assert(sids_of(requests) == sids);
}

Test(oauth_logout, what_a_client_does_not_take_comes_again_and_delays_no_other, .timeout = 180) {
  Receiver receiver;
  const Told told;
  std::atomic<int> tries{0};
  receiver.answer([&](const Received& request) {
    if (request.path == "/hangs") return Receiver::Answer{200, {}, {}, true};
    if (request.path == "/moved") return Receiver::Answer{302, "Location: /elsewhere\r\n", {}, false};
    return Receiver::Answer{request.path == "/out" && ++tries < 3 ? 500 : 200, {}, {}, false};
  });
  const auto hanging = told.client(receiver, "/hangs");
  const auto moved = told.client(receiver, "/moved");
  const auto failing = told.client(receiver, "/out");
  const auto quick = told.client(receiver, "/quick", {{"id_token_signed_response_alg", R"("EdDSA")"}});
  for (const auto* client : {&hanging, &moved, &failing, &quick})
    expect(tokens_for(told.owner, *client), 200);
  expect(told.owner.client().post("/api/v1/auth/logout"), 204);
  receiver.wait_for(1, "/quick");
  const auto requests = receiver.wait_for(3, "/out");
  cr_assert_eq(sids_of(requests).size(), 1);
  receiver.wait_for(2, "/moved");
  cr_assert_eq(receiver.count("/elsewhere"), 0);
}

Test(oauth_logout, a_client_that_is_ended_is_told_nothing, .timeout = 180) {
  Receiver receiver;
  const Told told;
  receiver.answer([](const Received&) { return Receiver::Answer{503, {}, {}, false}; });
  const auto client = told.client(receiver);
  expect(tokens_for(told.owner, client), 200);
  expect(told.owner.client().post("/api/v1/auth/logout"), 204);
  receiver.wait_for(1, "/out");
  const auto owner = account_of(expect(sign_in(told.owner.email, kPassword), 200), told.owner.email);
  expect(owner.client().del("/api/v1/oauth/clients/" + client.id, ""), 204);
  wait_until("nothing waits", [] { return number_of("SELECT COUNT(*) FROM oauth_logout") == 0; });
}

Test(oauth_logout_attack, no_logout_token_goes_to_an_address_inside) {
  const auto owner = sign_up();
  for (const std::string inside :
       {"https://127.0.0.1/x", "https://169.254.169.254/latest/meta-data", "https://[::1]/",
        "https://10.0.0.7/", "https://2130706433/", "http://127.0.0.1/x"}) {
    const auto reply = owner.client().post("/api/v1/oauth/clients",
                                           client_body({{"backchannel_logout_uri", Field{inside}.json()}}));
    cr_assert_eq(reply.status, 422, "%s: %s", inside.c_str(), reply.describe().c_str());
  }
  for (const std::string wrong : {"javascript:alert(1)", "file:///etc/passwd", "https://a.example.com/#x",
                                  "https://user@a.example.com/"})
    expect_problem(owner.client().post("/api/v1/oauth/clients",
                                       client_body({{"backchannel_logout_uri", Field{wrong}.json()}})),
                   422, "validation_failed");
  const auto client = register_client(owner);
  expect_problem(owner.client().put("/api/v1/oauth/clients/" + client.id,
                                    client_body({{"backchannel_logout_uri", R"("https://10.0.0.7/")"}})),
                 422, "url_refused");
  // A name that leads inside is registered, since names change, and called by nobody.
  const auto named = register_client(owner, {{"backchannel_logout_uri", R"("https://localhost/x")"}});
  expect(tokens_for(owner, named), 200);
  expect(owner.client().post("/api/v1/auth/logout"), 204);
  wait_until("it was refused", [&] {
    return number_of("SELECT COUNT(*) FROM oauth_logout WHERE attempts > 0 AND client_id = " +
                     binary(named.id)) == 1;
  });
}
