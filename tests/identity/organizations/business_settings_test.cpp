// How an organization wants to be run: the name that its mails bear, and how long sessions last in it.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/parallel.hpp"
#include "support/tenants.hpp"

using namespace tenantd::test;

namespace {

std::string path_to(const Account& account) { return "/api/v1/organizations/" + account.org_id; }

Response change(const Account& account, const std::string& body) {
  return account.client().put(path_to(account), body);
}

Response refresh(const Account& account) {
  return Client{}.post("/refresh_token", object({{"refresh_token", account.refresh_token}}));
}

Response select(const Account& account, const std::string& org_id) {
  return account.client().post("/organization/select", object({{"org_id", org_id}}));
}

Account signed_in(const Account& account) {
  return account_of(expect(sign_in(account.email, account.password), 200), account.email);
}

}  // namespace

Test(business_settings, are_shown_changed_one_by_one_and_reset_by_null) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto fresh = client.get(path_to(owner));
  for (const char* name : {"/mail_sender_name", "/session_idle_seconds", "/session_max_seconds"})
    require(fresh.at(name).IsNull(), name);
  require(!fresh.at("/self_approval").GetBool(), "self_approval");
  const auto set =
      change(owner, R"({"mail_sender_name":"Müller & Co","self_approval":true,"session_idle_seconds":3600})");
  expect(set, 200);
  require_equal(set.text("/mail_sender_name"), "Müller & Co");
  require(set.at("/self_approval").GetBool(), set.describe());
  require_equal(set.number("/session_idle_seconds"), 3600);
  const auto more = change(owner, R"({"session_max_seconds":86400,"session_idle_seconds":null})");
  require(expect(more, 200).at("/session_idle_seconds").IsNull(), more.describe());
  require_equal(more.number("/session_max_seconds"), 86400);
  require_equal(more.text("/mail_sender_name"), "Müller & Co", "what is absent stays");
  const auto none =
      change(owner, R"({"mail_sender_name":null,"self_approval":false,"session_max_seconds":null})");
  require(expect(none, 200).at("/mail_sender_name").IsNull() && none.at("/session_max_seconds").IsNull(),
          none.describe());
}

Test(business_settings, each_change_is_told_with_what_was_before) {
  const auto owner = sign_up();
  expect(change(owner, R"({"mail_sender_name":"Acme","session_max_seconds":7200})"), 200);
  expect(change(owner, R"({"session_max_seconds":3600,"settings":{"a":1}})"), 200);
  const auto newest = [&](const char* column) {
    return text_of(std::string{"SELECT "} + column +
                   " FROM audit_log WHERE action = 'organization.updated' AND org_id = " +
                   binary(owner.org_id) + " ORDER BY seq DESC LIMIT 1");
  };
  require_equal(newest("old_values"), R"({"settings":{},"session_max_seconds":7200})");
  require_equal(newest("new_values"), R"({"settings":{"a":1},"session_max_seconds":3600})");
}

Test(business_settings, what_cannot_be_is_refused_with_its_place) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto manager = invite_and_accept(owner, "manager");
  Unchanged database;
  for (const char* name : {"", " Acme", "ceo@acme.example", "Acme <x>", "a>b", "a\\nb", "a\\r\\nBcc: x",
                           "a\\u0000b", "a\\u0085b", "\\u202Eemca"}) {
    const auto reply = change(owner, std::string{R"({"mail_sender_name":")"} + name + "\"}");
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, "/mail_sender_name");
  }
  expect_problem(change(owner, R"({"mail_sender_name":")" + std::string(101, 'x') + "\"}"), 422,
                 "validation_failed");
  for (const char* name : {"session_idle_seconds", "session_max_seconds"})
    for (const char* value :
         {"299", "0", "-1", "31536001", "9223372036854775808", "3600.5", "\"3600\"", "true"}) {
      const auto reply = change(owner, std::string{"{\""} + name + "\":" + value + '}');
      expect_problem(reply, 422, "validation_failed");
      expect_pointer(reply, std::string{"/"} + name);
    }
  // Nor idle for longer than it lasts, both at once or one after the other.
  expect_pointer(change(owner, R"({"session_idle_seconds":3601,"session_max_seconds":3600})"),
                 "/session_idle_seconds");
  // Nor longer than the service's own.
  expect_pointer(change(owner, R"({"session_idle_seconds":604801})"), "/session_idle_seconds");
  expect_pointer(change(owner, R"({"session_max_seconds":2592001})"), "/session_max_seconds");
  for (const char* body : {R"({"self_approval":null})", R"({"self_approval":1})", R"({"max_members":5})",
                           R"({"limits":{"max_members":null}})", R"({"revision":1})"})
    expect_problem(change(owner, body), 422, "validation_failed");
  expect_problem(change(manager, R"({"self_approval":true})"), 403, "forbidden");
  database.check("settings that are refused");
}

Test(business_settings, a_session_is_not_idle_for_longer_than_it_lasts_also_by_two_changes) {
  const auto owner = sign_up();
  expect(change(owner, R"({"session_max_seconds":3600})"), 200);
  const auto idle = change(owner, R"({"session_idle_seconds":3601})");
  expect_problem(idle, 422, "validation_failed");
  expect_pointer(idle, "/session_idle_seconds");
  expect(change(owner, R"({"session_idle_seconds":3600})"), 200);
  const auto most = change(owner, R"({"session_max_seconds":3599})");
  expect_problem(most, 422, "validation_failed");
  expect_pointer(most, "/session_max_seconds");
  require_equal(expect(owner.client().get(path_to(owner)), 200).number("/session_max_seconds"), 3600);
  expect(change(owner, R"({"session_idle_seconds":null,"session_max_seconds":3599})"), 200);
}

Test(business_settings, a_session_as_old_as_the_organization_allows_ends_there_at_once_and_nowhere_else) {
  const MovedClock clock;
  const auto owner = sign_up();
  const auto guest = sign_up();
  join(owner, guest, "manager");
  const auto key = make_api_key(owner, R"(["users:read"])");
  const auto at_home = account_of(select(signed_in(guest), guest.org_id), guest.email);
  const auto over = account_of(expect(select(guest, owner.org_id), 200), guest.email);
  expect(over.client().get("/api/v1/members"), 200);
  expect(change(owner, R"({"session_max_seconds":600})"), 200);
  clock.set(400);
  expect(over.client().get("/api/v1/members"), 200);
  const auto refreshed = refresh(over);
  require(expect(refreshed, 200).number("/refresh_expires_in") <= 200, refreshed.describe());
  require(refreshed.number("/expires_in") <= 200, refreshed.describe());
  const auto last = account_of(refreshed, guest.email);
  clock.set(700);
  // Although its own fifteen minutes are not over.
  const auto statuses = at_once(8, [&](std::size_t) { return over.client().get("/api/v1/members").status; });
  for (const int status : statuses) require_equal(status, 401, "in every worker");
  expect_problem(owner.client().get("/users/me"), 401, "invalid_token");
  expect_problem(refresh(last), 401, "invalid_token");
  expect_problem(refresh(owner), 401, "invalid_token");
  // The same person's other session is as old: it goes on where it is, but not over there.
  expect(at_home.client().get("/api/v1/members"), 200);
  expect_problem(select(at_home, owner.org_id), 401, "invalid_token");
  auto named = at_home.client();
  expect_problem(named.header("X-Tenant-Id", owner.org_id).get("/api/v1/members"), 401, "invalid_token");
  expect(refresh(at_home), 200);
  // A key is no session; and who signs in anew begins anew.
  expect(key.client().get("/api/v1/members"), 200);
  const auto again = sign_in(owner.email, kPassword);
  require_equal(expect(again, 200).number("/refresh_expires_in"), 600);
  require_equal(again.number("/expires_in"), 600);
  const auto back = account_of(again, owner.email);
  expect(back.client().get("/api/v1/members"), 200);
  // Without the setting the old token is as good as its own time says.
  expect(change(back, R"({"session_max_seconds":null})"), 200);
  expect(owner.client().get("/users/me"), 200);
}

Test(business_settings, a_session_that_was_idle_for_too_long_is_refused_at_its_refresh) {
  const MovedClock clock;
  const auto owner = sign_up();
  const auto guest = sign_up();
  join(owner, guest, "viewer");
  const auto before = signed_in(owner);
  expect(change(owner, R"({"session_idle_seconds":300})"), 200);
  const auto begun = sign_in(owner.email, kPassword);
  require_equal(expect(begun, 200).number("/refresh_expires_in"), 300);
  require_equal(begun.number("/expires_in"), 300);
  const auto over = select(guest, owner.org_id);
  require_equal(expect(over, 200).number("/refresh_expires_in"), 300);
  const auto home = select(account_of(over, guest.email), guest.org_id);
  require(expect(home, 200).number("/refresh_expires_in") > 600000, home.describe());
  clock.set(200);
  // It slides, by the organization's measure.
  const auto next = refresh(account_of(begun, owner.email));
  require_equal(expect(next, 200).number("/refresh_expires_in"), 300);
  clock.set(320);
  // One that began before the setting came is measured by it as well, and spared nothing by its own end.
  expect_problem(refresh(before), 401, "invalid_token");
  const auto later = refresh(account_of(next, owner.email));
  expect(later, 200);
  clock.set(700);
  expect_problem(refresh(account_of(later, owner.email)), 401, "invalid_token");
  expect_problem(account_of(later, owner.email).client().get("/users/me"), 401, "invalid_token");
  // Elsewhere the service's own measure holds.
  expect(refresh(account_of(home, guest.email)), 200);
}
