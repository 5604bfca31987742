// A browser's session: the refresh token in a cookie that no script reads, for pages of this origin alone.
#include <criterion/criterion.h>

#include "api/schema_files.hpp"
#include "support/authenticator.hpp"
#include "support/browser.hpp"
#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/impersonation.hpp"
#include "support/private_stack.hpp"
#include "tenantd/api/route.hpp"

using namespace tenantd::test;
using tenantd::api::Pair;

namespace {

std::string credentials(const Account& account) {
  return object({{"email", account.email}, {"password", account.password}});
}

// Signed in by a page, with the access token that the page got.
struct Page {
  explicit Page(const Account& account) : reply(browser.post("/api/v1/auth/login", credentials(account))) {
    expect(reply, 200);
  }
  Header bearer() const { return {"Authorization", "Bearer " + reply.text("/access_token")}; }
  Browser browser;
  Response reply;
};

void require_in_cookie(const Response& reply, const Browser& browser) {
  require(!reply.has("/refresh_token"), reply.describe());
  require_equal(reply.header("set-cookie"), browser.cookie_header() + "; Path=/; Max-Age=" +
                                                std::to_string(reply.number("/refresh_expires_in")) +
                                                "; HttpOnly; SameSite=Strict");
  require_equal(reply.header("cache-control"), "no-store");
  require(reply.body.find(browser.token()) == std::string::npos, reply.describe());
}

void require_cleared(const Response& reply) {
  require_equal(reply.header("set-cookie"), "tenantd=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict",
                reply.describe());
}

Response exchange(const std::string& token) {
  return Client{}.post("/refresh_token", object({{"refresh_token", token}}));
}

Response call_of(const tenantd::api::Route& route, const std::vector<Header>& headers) {
  std::string path{route.path};
  for (auto open = path.find('{'); open != std::string::npos; open = path.find('{'))
    path.replace(open, path.find('}') - open + 1, "google");
  return Client{}.send({"POST", path, "{}", "application/json", headers});
}

}  // namespace

Test(browser_session, the_refresh_token_is_in_a_cookie_that_no_script_reads) {
  Browser browser;
  const auto email = fresh_email();
  const auto signed_up = browser.post("/signup", sign_up_body(email, "Acme"));
  expect(signed_up, 201);
  require_in_cookie(signed_up, browser);
  Account account;
  account.email = email;
  const auto signed_in = browser.post("/api/v1/auth/login", credentials(account));
  require_in_cookie(expect(signed_in, 200), browser);
  const auto selected =
      browser.post("/organization/select", object({{"org_id", signed_in.text("/organization/id")}}),
                   {{"Authorization", "Bearer " + signed_in.text("/access_token")}});
  require_in_cookie(expect(selected, 200), browser);
  const auto refreshed = browser.post("/api/v1/auth/refresh");
  require_in_cookie(expect(refreshed, 200), browser);
  Client client;
  expect(client.bearer(refreshed.text("/access_token")).get("/users/me"), 200);
  // The cookie alone opens nothing, and is exchanged for no page that does not ask for it.
  const Header cookie{"Cookie", browser.cookie_header()};
  expect_problem(Client{}.send({"GET", "/users/me", std::nullopt, "", {cookie}}), 401, "unauthenticated");
  const auto bare = Client{}.send({"POST", "/refresh_token", "{}", "application/json", {cookie}});
  expect_problem(bare, 422, "validation_failed");
  expect(browser.post("/api/v1/auth/refresh", "{}"), 200);
}

Test(browser_session, over_tls_the_cookie_is_secure_and_of_this_host_alone, .timeout = 240) {
  const PrivateStack stack{{"PUBLIC_URL=https://ID.example.com:443/"}};
  const auto email = fresh_email();
  Browser browser{stack.url(), "https://id.example.com", "__Host-tenantd"};
  const auto reply = browser.post("/signup", sign_up_body(email, "Acme"));
  expect(reply, 201);
  require_equal(reply.header("set-cookie"), browser.cookie_header() + "; Path=/; Max-Age=" +
                                                std::to_string(reply.number("/refresh_expires_in")) +
                                                "; HttpOnly; SameSite=Strict; Secure");
  expect(browser.post("/refresh_token"), 200);
  // What the connection is called counts for nothing here.
  for (const std::string& origin :
       {stack.url(), std::string{"http://id.example.com"}, std::string{"https://id.example.com:8443"}}) {
    Browser other{stack.url(), origin, "__Host-tenantd"};
    other.hold(browser.token());
    expect_problem(other.post("/refresh_token"), 403, "origin_refused");
  }
  expect(browser.post("/refresh_token"), 200);
}

Test(browser_session, a_refresh_rotates_the_cookie_and_a_refused_one_clears_it) {
  const auto owner = sign_up();
  Page page{owner};
  const auto first = page.browser.token();
  expect(page.browser.post("/refresh_token"), 200);
  const auto second = page.browser.token();
  require(second != first, "the cookie has rotated");
  expect(page.browser.post("/refresh_token"), 200);
  Browser thief;
  thief.hold(first);
  const auto reused = thief.post("/refresh_token");
  expect_problem(reused, 401, "refresh_reused");
  require_cleared(reused);
  const auto ended = page.browser.post("/refresh_token");
  expect_problem(ended, 401, "invalid_token");
  require_cleared(ended);
  require_equal(page.browser.token(), "");
  const auto none = page.browser.post("/refresh_token");
  expect_problem(none, 401, "invalid_token");
  Browser forged;
  forged.hold("x");
  require_cleared(expect_problem(forged.post("/refresh_token"), 401, "invalid_token"));
}

Test(browser_session, a_logout_ends_the_session_and_clears_the_cookie) {
  const auto owner = sign_up();
  Page page{owner};
  const auto token = page.browser.token();
  const auto out = page.browser.post("/logout", std::nullopt, {page.bearer()});
  require_cleared(expect(out, 204));
  expect_problem(exchange(token), 401, "invalid_token");
  // A page that has lost its access token ends the session by the cookie.
  Page other{owner};
  const auto kept = other.browser.token();
  require_cleared(expect(other.browser.post("/api/v1/auth/logout"), 204));
  expect_problem(exchange(kept), 401, "invalid_token");
  Client client;
  expect_problem(client.bearer(other.reply.text("/access_token")).get("/users/me"), 401, "invalid_token");
  other.browser.hold(kept);
  require_cleared(expect_problem(other.browser.post("/logout"), 401, "invalid_token"));
  // Without the header the cookie is nobody.
  Page third{owner};
  const auto bare =
      Client{}.send({"POST", "/logout", std::nullopt, "", {{"Cookie", third.browser.cookie_header()}}});
  expect_problem(bare, 401, "unauthenticated");
  expect(third.browser.post("/refresh_token"), 200);
  // Nor does it stand beside a token that is none.
  const auto bad = third.browser.post("/logout", std::nullopt, {{"Authorization", "Bearer x"}});
  expect_problem(bad, 401, "invalid_token");
  require_equal(bad.header("set-cookie"), "");
  expect(third.browser.post("/refresh_token"), 200);
}

Test(browser_session, the_end_of_an_impersonation_leaves_the_super_admins_cookie) {
  const auto admin = new_super_admin();
  const auto owner = sign_up();
  const auto acting = acting_as(admin, owner, owner);
  Page page{admin};
  const auto reply =
      page.browser.post("/logout", std::nullopt, {{"Authorization", "Bearer " + acting.access_token}});
  expect(reply, 204);
  require_equal(reply.header("set-cookie"), "");
  expect(page.browser.post("/refresh_token"), 200);
}

Test(browser_session, another_origin_is_refused_on_every_row_and_nothing_changes) {
  const auto owner = sign_up();
  Page page{owner};
  const auto own = page.browser.origin();
  const Header cookie{"Cookie", page.browser.cookie_header()};
  const Header asks{"X-Session", "cookie"};
  const std::vector<std::vector<Header>> foreign{
      {},
      {{"Origin", "null"}},
      {{"Origin", "https://evil.example"}},
      {{"Origin", own + "0"}},
      {{"Origin", own + ".evil.example"}},
      {{"Origin", "https" + own.substr(4)}},
      {{"Origin", own + "/"}},
      {{"Origin", own}, {"Sec-Fetch-Site", "cross-site"}},
      {{"Origin", own}, {"Sec-Fetch-Site", "same-site"}},
      {{"Origin", own}, {"Sec-Fetch-Site", "none"}},
  };
  std::size_t rows = 0;
  Unchanged database;
  for (const auto& route : tenantd::api::routes()) {
    if (route.pair == Pair::none) continue;
    ++rows;
    for (auto headers : foreign) {
      headers.push_back(cookie);
      headers.push_back(asks);
      headers.push_back(page.bearer());
      const auto reply = call_of(route, headers);
      expect_problem(reply, 403, "origin_refused");
      require_equal(reply.header("set-cookie"), "");
    }
  }
  require(rows >= 16, std::to_string(rows) + " rows");
  database.check("pages of other origins");
  expect(page.browser.post("/refresh_token", std::nullopt, {{"Sec-Fetch-Site", "same-origin"}}), 200);
}

Test(browser_session, a_page_of_the_name_that_is_called_is_an_own_page_without_tls) {
  const auto owner = sign_up();
  const auto port = Browser{}.origin().substr(Browser{}.origin().rfind(':'));
  for (const auto& host : {"localhost" + port, "LOCALHOST" + port}) {
    const Call call{"POST",
                    "/api/v1/auth/login",
                    credentials(owner),
                    "application/json",
                    {{"X-Session", "cookie"}, {"Origin", "http://localhost" + port}, {"Host", host}}};
    expect(Client{}.send(call), 200);
  }
}

Test(browser_session, a_token_in_the_body_counts_before_the_cookie) {
  const auto owner = sign_up();
  Page page{owner};
  const auto held = page.browser.token();
  const auto moved = page.browser.post("/refresh_token", object({{"refresh_token", owner.refresh_token}}));
  require_in_cookie(expect(moved, 200), page.browser);
  // The cookie's was not used, nor is it cleared for another's fault.
  expect(exchange(held), 200);
  const auto bad = page.browser.post("/refresh_token", object({{"refresh_token", "x"}}));
  expect_problem(bad, 401, "invalid_token");
  require_equal(bad.header("set-cookie"), "");
  expect_problem(page.browser.post("/refresh_token", "{\"refresh_token\": 1}"), 422, "validation_failed");
  expect(page.browser.post("/refresh_token"), 200);
  // Two cookies of the name are none.
  const Call two{"POST",
                 "/refresh_token",
                 std::nullopt,
                 "",
                 {{"X-Session", "cookie"},
                  {"Origin", page.browser.origin()},
                  {"Cookie", page.browser.cookie_header() + "; tenantd=x"}}};
  expect_problem(Client{}.send(two), 401, "invalid_token");
  expect(page.browser.post("/refresh_token"), 200);
}

Test(browser_session, another_value_of_the_header_is_refused_where_it_would_mean_something) {
  const auto owner = sign_up();
  for (const char* value : {"Cookie", "body", "1", "cookie, cookie"}) {
    const Call call{"POST", "/login", credentials(owner), "application/json", {{"X-Session", value}}};
    expect_problem(Client{}.send(call), 400, "bad_request");
    expect(owner.client().header("X-Session", value).get("/users/me"), 200);
  }
  // Elsewhere it says nothing, whoever asks.
  auto client = owner.client();
  client.header("X-Session", "cookie").header("Origin", "https://evil.example");
  expect(client.post("/api/v1/warehouses", object({{"name", "North"}})), 201);
}

Test(browser_session, a_second_step_answers_in_the_cookie_too) {
  const auto ada = sign_up();
  const auto factor = enable_factor(ada);
  Browser browser;
  const auto first = browser.post("/login", credentials(ada));
  expect_problem(first, 401, "mfa_required");
  require_equal(first.header("set-cookie"), "");
  const auto second = browser.post(
      "/api/v1/auth/mfa/verify", object({{"mfa_token", first.text("/mfa_token")}, {"code", factor.code()}}));
  require_in_cookie(expect(second, 200), browser);
}

Test(browser_session, a_repetition_gets_the_cookie_back_only_while_nothing_newer_is_held) {
  const auto owner = sign_up();
  const std::vector<Header> key{{"Idempotency-Key", fresh_name("key")}};
  Browser browser;
  const auto first = browser.post("/login", credentials(owner), key);
  require_in_cookie(expect(first, 200), browser);
  const auto token = browser.token();
  // The reply was lost: the browser holds no cookie yet.
  Browser again;
  const auto repeated = again.post("/login", credentials(owner), key);
  require_equal(expect(repeated, 200).header("idempotency-replayed"), "true");
  require_equal(again.token(), token);
  require(!repeated.has("/refresh_token"), repeated.describe());
  // Who does not ask for the cookie has made another request.
  const Call bare{"POST", "/login", credentials(owner), "application/json", key};
  const auto other = Client{}.send(bare);
  require_equal(expect(other, 200).header("idempotency-replayed"), "");
  require(other.text("/refresh_token") != token, "a session of its own");
  require_equal(other.header("set-cookie"), "");

  const auto select = [&] {
    return browser.post("/organization/select", object({{"org_id", owner.org_id}}),
                        {key[0], {"Authorization", "Bearer " + first.text("/access_token")}});
  };
  expect(select(), 200);
  const auto newest = browser.token();
  // A stored reply would put back what is used up.
  expect_problem(select(), 422, "idempotency_mismatch");
  require_equal(browser.token(), newest);
  browser.hold(token);
  expect(select(), 200);
  require_equal(browser.token(), newest);
  expect(browser.post("/refresh_token"), 200);
  require_equal(number_of("SELECT COUNT(*) FROM idempotency WHERE reply LIKE " + literal('%' + newest + '%')),
                0);
}

Test(browser_session, every_row_whose_reply_holds_a_refresh_token_takes_the_header) {
  for (const auto& route : tenantd::api::routes()) {
    const std::string schema{route.reply.schema};
    const bool pair = schema == "token" || schema == "sign_up" || schema == "accepted_invite";
    const bool expected = pair && route.method == tenantd::api::Method::POST;
    const bool answers = route.pair == Pair::answered || route.pair == Pair::exchanged;
    require_equal(answers, expected, std::string{route.path});
    // What an OAuth client holds is no browser's session of this service.
    if (pair || schema.empty() || schema == "oauth_tokens") continue;
    const auto document = tenantd::api::schema_document("reply/" + schema);
    require(!document.HasMember("properties") || !document["properties"].HasMember("refresh_token"), schema);
  }
}

Test(browser_session, accepting_an_invitation_signs_a_new_person_in) {
  const auto owner = sign_up();
  const auto email = fresh_email();
  expect(invite(owner, email), 201);
  Browser browser;
  const auto reply = browser.post(
      "/accept_invite", object({{"token", invite_token(email)}, {"password", "purple monkey dishwasher"}}));
  require_in_cookie(expect(reply, 200), browser);
  require_equal(reply.text("/organization/id"), owner.org_id);
  expect(browser.post("/refresh_token"), 200);
}

Test(browser_session, accepting_an_invitation_takes_a_session_along_into_the_organization) {
  const auto owner = sign_up();
  const auto bob = sign_up();
  verify(bob);
  expect(invite(owner, bob.email), 201);
  Page page{bob};
  const auto before = number_of("SELECT COUNT(*) FROM session WHERE user_id = " + binary(bob.user_id));
  const auto reply =
      page.browser.post("/accept_invite", object({{"token", invite_token(bob.email)}}), {page.bearer()});
  require_in_cookie(expect(reply, 200), page.browser);
  require_equal(reply.text("/organization/id"), owner.org_id);
  require_equal(reply.text("/member/org_id"), owner.org_id);
  require_equal(number_of("SELECT COUNT(*) FROM session WHERE user_id = " + binary(bob.user_id)), before,
                "it is the same session");
  Client client;
  expect(client.bearer(reply.text("/access_token")).get("/api/v1/projects"), 200);
  const auto next = page.browser.post("/refresh_token");
  require_equal(expect(next, 200).text("/organization/id"), owner.org_id);
}

Test(browser_session, accepting_an_invitation_signs_nobody_in_who_has_not_shown_who_they_are) {
  const auto owner = sign_up();
  const auto bob = sign_up();
  verify(bob);
  expect(invite(owner, bob.email), 201);
  Browser stranger;
  const auto joined = stranger.post("/accept_invite", object({{"token", invite_token(bob.email)}}));
  expect(joined, 200);
  require(!joined.has("/access_token") && joined.header("set-cookie").empty(), joined.describe());

  const auto other = sign_up();
  const auto eve = sign_up();
  const auto factor = enable_factor(eve);
  expect(invite(other, eve.email), 201);
  Browser page;
  const auto guarded = page.post("/accept_invite", object({{"token", invite_token(eve.email)}}),
                                 {{"Authorization", "Bearer " + eve.access_token}});
  expect(guarded, 200);
  require(!guarded.has("/access_token") && guarded.header("set-cookie").empty(), guarded.describe());
}
