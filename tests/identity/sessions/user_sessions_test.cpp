// Where somebody is signed in, how the account is guarded, and who may see and end it.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kFirefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

std::string sessions_of(const Account& account) { return "/api/v1/users/" + account.user_id + "/sessions"; }
std::string security_of(const Account& account) { return "/api/v1/users/" + account.user_id + "/security"; }

// A further session of the account.
Account again(const Account& account, const char* agent = "curl/7.88.1") {
  const auto reply = Client{}
                         .header("User-Agent", agent)
                         .post("/signin", object({{"email", account.email}, {"password", account.password}}));
  expect(reply, 200);
  return account_of(reply, account.email);
}

// The session's token for another of the person's organizations.
Account select(const Account& account, const std::string& org_id) {
  const auto reply = account.client().post("/organization/select", object({{"org_id", org_id}}));
  expect(reply, 200);
  return account_of(reply, account.email);
}

std::string current_session(const Account& account) {
  const auto reply = account.client().get(sessions_of(account));
  expect(reply, 200);
  for (std::size_t i = 0; i < reply.size("/items"); ++i) {
    const auto at = "/items/" + std::to_string(i);
    if (reply.at(at + "/current").GetBool()) return reply.text(at + "/id");
  }
  require(false, "no current session: " + reply.body);
  return {};
}

void expect_signed_out(const Account& account) {
  expect_problem(account.client().get("/users/me"), 401, "invalid_token");
  expect_problem(Client{}.post("/refresh_token", object({{"refresh_token", account.refresh_token}})), 401,
                 "invalid_token");
}

}  // namespace

Test(user_sessions, ones_own_are_listed_newest_first_with_their_device) {
  const auto owner = sign_up();
  database().run("UPDATE session SET created_at = created_at - 60 WHERE user_id = " + binary(owner.user_id));
  const auto browser = again(owner, kFirefox);
  const auto reply = browser.client().get(sessions_of(owner) + "?include_total=true");
  expect(reply, 200);
  require_equal(reply.size("/items"), 2U);
  require_equal(reply.number("/total"), 2);
  require_equal(reply.text("/items/0/device"), "Firefox on Linux");
  require_equal(reply.text("/items/0/agent"), kFirefox);
  require(reply.at("/items/0/current").GetBool() && !reply.at("/items/1/current").GetBool(), reply.body);
  require(!reply.text("/items/0/address").empty(), reply.body);
  require(reply.number("/items/0/expires_at") > reply.number("/items/0/last_used_at"), reply.body);
  const auto first = browser.client().get(sessions_of(owner) + "?limit=1");
  const auto second =
      browser.client().get(sessions_of(owner) + "?limit=1&cursor=" + first.text("/next_cursor"));
  require_equal(first.text("/items/0/id"), reply.text("/items/0/id"));
  require_equal(second.text("/items/0/id"), reply.text("/items/1/id"));
  require(second.at("/next_cursor").IsNull(), second.body);
}

Test(user_sessions, one_that_is_over_is_not_listed) {
  const auto owner = sign_up();
  const auto other = again(owner);
  database().run("UPDATE session SET expires_at = UNIX_TIMESTAMP() - 1 WHERE id = " +
                 binary(current_session(other)));
  require_equal(owner.client().get(sessions_of(owner)).size("/items"), 1U);
  require_equal(owner.client().get(security_of(owner)).number("/active_sessions"), 1);
}

Test(user_sessions, one_that_is_ended_is_refused_at_once_and_the_others_live) {
  const auto owner = sign_up();
  const auto other = again(owner);
  expect(other.client().get("/users/me"), 200);
  const auto path = sessions_of(owner) + '/' + current_session(other);
  expect(owner.client().del(path, ""), 204);
  expect_signed_out(other);
  require_equal(owner.client().get("/api/v1/auth/security-events?limit=1").text("/items/0/type"),
                "session.ended");
  expect_problem(owner.client().del(path, ""), 404, "not_found");
  expect(owner.client().get("/users/me"), 200);
  expect_problem(owner.client().del(sessions_of(owner) + "/x", ""), 404, "not_found");
}

Test(user_sessions, all_are_ended_with_the_callers_own) {
  const auto owner = sign_up();
  const auto other = again(owner);
  const auto member = invite_and_accept(owner);
  expect(member.client().del(sessions_of(member), ""), 204);
  expect_signed_out(member);
  expect(owner.client().del(sessions_of(owner), ""), 204);
  expect_signed_out(owner);
  expect_signed_out(other);
}

Test(user_sessions, an_administrator_reaches_those_of_the_own_organization_only) {
  const auto host = sign_up("Host");
  const auto person = sign_up("Elsewhere");
  join(host, person, "member");
  // A sign-in is for the organization that one has belonged to longest.
  database().run("UPDATE member SET created_at = created_at - 60 WHERE user_id = " + binary(person.user_id) +
                 " AND org_id = " + binary(person.org_id));
  const auto at_home = again(person);
  const auto at_host = select(again(person, kFirefox), host.org_id);
  const auto reply = host.client().get(sessions_of(person) + "?include_total=true");
  expect(reply, 200);
  require_equal(reply.number("/total"), 1);
  require_equal(reply.size("/items"), 1U);
  require_equal(reply.text("/items/0/id"), current_session(at_host));
  require(!reply.at("/items/0/current").GetBool(), reply.body);
  require_equal(host.client().get(security_of(person)).number("/active_sessions"), 1);
  require_equal(at_host.client().get(security_of(person)).number("/active_sessions"), 3);
  {
    Unchanged database;
    const auto elsewhere = sessions_of(person) + '/' + current_session(at_home);
    const auto refused = host.client().del(elsewhere, "");
    expect_problem(refused, 404, "not_found");
    expect_problem(host.client().del(sessions_of(person) + '/' + fresh_id(), ""), 404, "not_found");
    // One member's session is not found under another's name.
    expect_problem(host.client().del(sessions_of(host) + '/' + current_session(at_host), ""), 404,
                   "not_found");
    database.check("sessions out of reach");
  }
  expect(host.client().del(sessions_of(person), ""), 204);
  const auto event = at_home.client().get("/api/v1/auth/security-events?limit=1");
  require_equal(event.text("/items/0/type"), "session.all_ended");
  require_equal(event.text("/items/0/actor_id"), host.user_id);
  expect_signed_out(at_host);
  expect(at_home.client().get("/users/me"), 200);
  expect(person.client().get("/users/me"), 200);
}

Test(user_sessions, others_are_reached_by_right_and_from_above_only) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto member = invite_and_accept(owner);
  const auto stranger = sign_up();
  const auto session = '/' + current_session(owner);
  Unchanged database;
  const auto refused = [&](const Account& by, int status, const char* code) {
    auto client = by.client();
    expect_problem(client.get(sessions_of(owner)), status, code);
    expect_problem(client.get(security_of(owner)), status, code);
    expect_problem(client.del(sessions_of(owner), ""), status, code);
    expect_problem(client.del(sessions_of(owner) + session, ""), status, code);
  };
  refused(admin, 403, "role_outranks");
  refused(member, 403, "forbidden");
  refused(stranger, 404, "not_found");
  expect_problem(Client{}.get(sessions_of(owner)), 401, "unauthenticated");
  for (const char* path :
       {"/api/v1/users/x/sessions", "/api/v1/users/me/sessions", "/api/v1/users/x/security"})
    expect_problem(owner.client().get(path), 404, "not_found");
  database.check("others' sessions");
}

Test(user_sessions, security_shows_the_guard_of_the_account_to_its_owner_and_above) {
  const auto owner = sign_up();
  const auto member = again(invite_and_accept(owner));
  const auto fresh = member.client().get(security_of(member));
  expect(fresh, 200);
  require_equal(fresh.text("/user_id"), member.user_id);
  require_equal(fresh.number("/failed_signins"), 0);
  require(!fresh.at("/locked").GetBool() && fresh.at("/locked_until").IsNull(), fresh.body);
  require(fresh.at("/password_set").GetBool() && fresh.at("/email_verified").GetBool(), fresh.body);
  require(!fresh.at("/mfa_enabled").GetBool() && fresh.number("/recovery_codes_left") == 0, fresh.body);
  for (int i = 0; i < 5; ++i) sign_in(member.email, "wrong orchard lantern 9");
  const auto locked = owner.client().get(security_of(member));
  expect(locked, 200);
  require_equal(locked.number("/failed_signins"), 5);
  require(locked.at("/locked").GetBool() && locked.number("/locked_until") > 0, locked.body);
  require_equal(locked.number("/active_sessions"), 2);
  require(locked.number("/last_signin_at") > 0, locked.body);
  const auto made = owner.client().post(
      "/api/v1/users", object({{"email", fresh_email()}, {"first_name", "A"}, {"last_name", "B"}}));
  const auto unused = owner.client().get("/api/v1/users/" + made.text("/id") + "/security");
  expect(unused, 200);
  require(!unused.at("/password_set").GetBool() && unused.at("/last_signin_at").IsNull(), unused.body);
}

Test(user_sessions, a_locked_member_is_unlocked_from_above_and_it_is_written_down) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner);
  const auto unlock = "/api/v1/users/" + member.user_id + "/unlock";
  for (int i = 0; i < 5; ++i) sign_in(member.email, "wrong orchard lantern 9");
  expect_problem(sign_in(member.email, member.password), 401, "invalid_credentials");
  expect(owner.client().post(unlock), 204);
  require(!owner.client().get(security_of(member)).at("/locked").GetBool(), "still locked");
  expect(sign_in(member.email, member.password), 200);
  const auto event = member.client().get("/api/v1/auth/security-events?limit=1");
  require_equal(event.text("/items/0/type"), "account.unlocked");
  require_equal(event.text("/items/0/actor_id"), owner.user_id);
  expect(owner.client().post(unlock), 204);
}

Test(user_sessions, nobody_unlocks_oneself_a_superior_a_shared_or_a_foreign_account) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto member = invite_and_accept(owner);
  const auto shared = sign_up();
  join(owner, shared, "member");
  for (const auto& account : {owner, admin, member, shared})
    sign_in(account.email, "wrong orchard lantern 9");
  const auto unlock = [](const Account& by, const std::string& user) {
    return by.client().post("/api/v1/users/" + user + "/unlock");
  };
  const auto failures = [] { return number_of("SELECT SUM(failed_signins) FROM user"); };
  Unchanged database;
  const auto before = failures();
  expect_problem(unlock(owner, owner.user_id), 403, "forbidden");
  expect_problem(unlock(member, member.user_id), 403, "forbidden");
  expect_problem(unlock(admin, owner.user_id), 403, "role_outranks");
  expect_problem(unlock(owner, shared.user_id), 403, "account_shared");
  expect_problem(unlock(shared, member.user_id), 404, "not_found");
  expect_problem(unlock(owner, "x"), 404, "not_found");
  require_equal(failures(), before, "failed sign-ins");
  database.check("refused unlocking");
}
