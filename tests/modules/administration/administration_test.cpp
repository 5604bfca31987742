// What super-admins see of the whole system, and what they do to it.
#include <criterion/criterion.h>

#include <algorithm>
#include <set>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/super_admin.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/base/version.hpp"
#include "tenantd/config/settings.hpp"
#include "tenantd/db/migrate.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kDashboard = "/api/v1/admin/dashboard";
constexpr const char* kGrowth = "/api/v1/admin/analytics/growth";
constexpr const char* kLimits = "/api/v1/admin/config/limits";
constexpr const char* kProblematic = "/api/v1/admin/users/problematic";

// The rows that only read, with a query that is refused.
constexpr std::initializer_list<std::pair<const char*, const char*>> kReads = {
    {kDashboard, "?x=1"},
    {kGrowth, "?from_time=yesterday"},
    {"/api/v1/admin/security/threats", "?window_seconds=1"},
    {kProblematic, "?kind=tall"},
    {"/api/v1/admin/maintenance/status", "?task=invites"},
    {kLimits, "?section=Mail"},
    {"/health/detailed", "?verbose=1"},
};

std::string unlock_path(const std::string& user) { return "/api/v1/admin/users/" + user + "/unlock"; }

void lock(const Account& account) {
  for (int i = 0; i < 5; ++i) expect_problem(sign_in(account.email, "wrong"), 401, "invalid_credentials");
  expect_problem(sign_in(account.email, account.password), 401, "invalid_credentials");
}

// The ids of a list, all pages of it.
std::vector<std::string> listed(Client& client, const std::string& path) {
  std::vector<std::string> ids;
  std::string cursor;
  do {
    const auto page = client.get(path + (cursor.empty() ? "" : "&cursor=" + cursor));
    expect(page, 200);
    for (std::size_t i = 0; i < page.size("/items"); ++i)
      ids.push_back(page.text("/items/" + std::to_string(i) + "/user_id"));
    cursor = page.at("/next_cursor").IsNull() ? "" : page.text("/next_cursor");
  } while (!cursor.empty());
  return ids;
}

bool holds(const std::vector<std::string>& ids, const Account& account) {
  return std::find(ids.begin(), ids.end(), account.user_id) != ids.end();
}

// What is wrong with the account, by the page that lists it.
std::string problems(Client& client, const std::string& kind, const Account& account) {
  const auto page = client.get(std::string{kProblematic} + "?limit=200&kind=" + kind);
  for (std::size_t i = 0; i < expect(page, 200).size("/items"); ++i) {
    const auto item = "/items/" + std::to_string(i);
    if (page.text(item + "/user_id") != account.user_id) continue;
    std::string names;
    for (std::size_t n = 0; n < page.size(item + "/problems"); ++n)
      names += (names.empty() ? "" : ",") + page.text(item + "/problems/" + std::to_string(n));
    return names;
  }
  return "";
}

void age(const Account& account, int days) {
  database().run("UPDATE user SET created_at = created_at - 86400 * " + std::to_string(days) +
                 " WHERE id = " + binary(account.user_id));
}

}  // namespace

Test(administration, is_for_super_admins_with_a_session_and_takes_no_unknown_parameter) {
  const auto owner = sign_up();
  const auto key = make_api_key(owner, R"(["users:read"])");
  auto admin = signed_in_super_admin().client();
  Unchanged database;
  for (const auto& [path, query] : kReads) {
    expect_problem(Client{}.get(path), 401, "unauthenticated");
    expect_problem(owner.client().get(path), 403, "forbidden");
    expect_problem(key.client().get(path), 403, "session_required");
    expect_problem(admin.get(std::string{path} + query), 422, "validation_failed");
  }
  for (const auto& path : {std::string{"/api/v1/admin/maintenance/cleanup"}, unlock_path(owner.user_id)}) {
    expect_problem(Client{}.post(path), 401, "unauthenticated");
    expect_problem(owner.client().post(path), 403, "forbidden");
    expect_problem(key.client().post(path), 403, "session_required");
    expect_problem(admin.post(path + "?now=1"), 422, "validation_failed");
  }
  database.check("refusals");
}

Test(administration, the_dashboard_counts_what_there_is) {
  const Alone alone;
  auto admin = signed_in_super_admin().client();
  const auto before = admin.get(kDashboard);
  expect(before, 200);
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner);
  verify(owner);
  const auto body = object({{"email", fresh_email()}, {"password", kPassword}});
  expect(Client{}.post("/users/register", body), 201);
  expect(invite(owner, fresh_email()), 201);
  expect(sign_in(member.email, member.password), 200);
  lock(owner);
  const auto after = admin.get(kDashboard);
  expect(after, 200);
  const auto grew = [&](const std::string& pointer, std::int64_t by) {
    require_equal(after.number(pointer) - before.number(pointer), by, pointer);
  };
  grew("/tenants/total", 1);
  grew("/tenants/active", 1);
  grew("/tenants/inactive", 0);
  grew("/tenants/personal", 1);
  grew("/users/total", 3);
  grew("/users/active", 3);
  grew("/users/verified", 2);  // the owner, and the member by the invitation's mail
  grew("/users/with_second_factor", 0);
  grew("/users/locked", 1);
  grew("/sessions", 4);
  grew("/last_day/sign_ins", 1);
  grew("/last_day/failed_sign_ins", 6);
  grew("/pending_invites", 1);
  require_equal(after.text("/version"), tenantd::kVersion);
  require_equal(after.number("/schema_version"), tenantd::db::kSchemaVersion);
  require(after.number("/uptime_seconds") > 0, after.describe());
  database().run("UPDATE organization SET status = 1 WHERE id = " + binary(owner.org_id));
  require_equal(admin.get(kDashboard).number("/tenants/inactive") - before.number("/tenants/inactive"), 1);
}

Test(administration, the_dashboard_shows_what_waits_to_be_sent) {
  const Alone alone;
  auto admin = signed_in_super_admin().client();
  const auto insert = [](int status) {
    database().run(
        "INSERT INTO outbox (id, template, recipient, status, next_attempt_at, created_at, updated_at, "
        "lease_until) "
        "VALUES (" +
        binary(fresh_id()) + ", 'welcome', 'waits@example.com', " + std::to_string(status) +
        ", UNIX_TIMESTAMP() + 9000, UNIX_TIMESTAMP() - 5000, 0, 0)");
  };
  const auto before = admin.get(kDashboard);
  insert(0);
  insert(2);
  const auto after = admin.get(kDashboard);
  database().run("DELETE FROM outbox WHERE recipient = 'waits@example.com'");
  require(after.number("/outbox/pending") > 0, after.describe());
  require_equal(after.number("/outbox/dead"), before.number("/outbox/dead") + 1);
  const auto oldest = after.number("/outbox/oldest_seconds");
  require(oldest >= 5000 && oldest < 5100, after.describe());
}

Test(administration, growth_lists_every_day_with_what_was_counted_on_it) {
  const Alone alone;
  auto admin = signed_in_super_admin().client();
  // Ten days long ago on which nothing happened, but for three: 2001-09-09 to 2001-09-18.
  constexpr std::int64_t start = 11574LL * 86400;
  const auto owner = sign_up();
  const auto other = sign_up();
  expect(sign_in(owner.email, owner.password), 200);
  expect(sign_in(owner.email, owner.password), 200);
  expect(sign_in(other.email, other.password), 200);
  const auto move = [](const std::string& table, const std::string& where, std::int64_t to) {
    database().run("UPDATE " + table + " SET created_at = " + std::to_string(to) + " WHERE " + where);
  };
  move("user", "id = " + binary(owner.user_id), start);
  move("user", "id = " + binary(other.user_id), start + 86399);
  move("organization", "id = " + binary(owner.org_id), start + 86400);
  for (const auto* account : {&owner, &other})
    move("account_event", "type = 'signin.succeeded' AND user_id = " + binary(account->user_id),
         start + 9 * 86400 + 5);
  const auto reply = admin.get(std::string{kGrowth} + "?from_time=" + std::to_string(start + 100) +
                               "&to_time=" + std::to_string(start + 9 * 86400));
  expect(reply, 200);
  require_equal(reply.size("/items"), 10U);
  std::string found;
  for (std::size_t i = 0; i < 10; ++i) {
    const auto item = "/items/" + std::to_string(i);
    if (i == 0) require_equal(reply.text(item + "/day"), "2001-09-09");
    if (i == 9) require_equal(reply.text(item + "/day"), "2001-09-18");
    found += std::to_string(reply.number(item + "/sign_ups")) +
             std::to_string(reply.number(item + "/tenants")) +
             std::to_string(reply.number(item + "/active_users")) + ' ';
  }
  require_equal(found, "200 010 000 000 000 000 000 000 000 002 ");
}

Test(administration, growth_is_of_thirty_days_unless_asked_and_of_a_year_at_most) {
  auto admin = signed_in_super_admin().client();
  const auto reply = admin.get(kGrowth);
  expect(reply, 200);
  require_equal(reply.size("/items"), 30U);
  const auto of = [&](std::int64_t from, std::int64_t to) {
    return admin.get(std::string{kGrowth} + "?from_time=" + std::to_string(from) +
                     "&to_time=" + std::to_string(to));
  };
  require_equal(expect(of(0, 0), 200).size("/items"), 1U);
  require_equal(expect(of(0, 366 * 86400 - 1), 200).size("/items"), 366U);
  for (const auto& refused : {of(0, 366 * 86400), of(100, 99)}) {
    expect_problem(refused, 422, "validation_failed");
    expect_pointer(refused, "?from_time");
  }
  expect_problem(of(-1, 5), 422, "validation_failed");
}

Test(administration, a_locked_account_is_listed_and_unlocked_with_its_second_factor) {
  auto admin = signed_in_super_admin().client();
  const auto owner = sign_up();
  const auto fine = sign_up();
  lock(owner);
  database().run("INSERT INTO totp (user_id, failures, locked_until, created_at, updated_at) VALUES (" +
                 binary(owner.user_id) + ", 5, UNIX_TIMESTAMP() + 1800, 1, 1)");
  require_equal(problems(admin, "locked", owner), "locked");
  require(!holds(listed(admin, std::string{kProblematic} + "?limit=200&kind=locked"), fine),
          "one that is fine");

  const auto events = [&] {
    return number_of("SELECT COUNT(*) FROM account_event WHERE type = 'account.unlocked' AND user_id = " +
                     binary(owner.user_id) + " AND actor_id IS NOT NULL");
  };
  expect(admin.post(unlock_path(owner.user_id)), 204);
  require_equal(problems(admin, "locked", owner), "");
  require_equal(events(), 1);
  require_equal(
      number_of("SELECT failures + locked_until FROM totp WHERE user_id = " + binary(owner.user_id)), 0);
  const auto audited = text_of(
      "SELECT CONCAT(old_values, new_values) FROM audit_log WHERE org_id = REPEAT('\\0', 16) "
      "AND action = 'account.unlocked' AND resource_id = " +
      binary(owner.user_id));
  require(audited.find(R"("failed_signins":5,"locked_until":)") != std::string::npos, audited);
  expect(sign_in(owner.email, owner.password), 200);
}

Test(administration, a_factor_alone_that_is_locked_counts_as_locked) {
  auto admin = signed_in_super_admin().client();
  const auto owner = sign_up();
  database().run("INSERT INTO totp (user_id, failures, locked_until, created_at, updated_at) VALUES (" +
                 binary(owner.user_id) + ", 5, UNIX_TIMESTAMP() + 1800, 1, 1)");
  require_equal(problems(admin, "locked", owner), "locked");
  expect(admin.post(unlock_path(owner.user_id)), 204);
  require_equal(problems(admin, "locked", owner), "");
}

Test(administration, nobody_unlocks_the_own_account_nor_one_that_is_not_there) {
  const auto me = signed_in_super_admin();
  auto admin = me.client();
  Unchanged database;
  expect_problem(admin.post(unlock_path(me.user_id)), 403, "forbidden");
  expect_problem(admin.post(unlock_path(fresh_id())), 404, "not_found");
  expect_problem(admin.post(unlock_path("x")), 404, "not_found");
  database.check("refused unlocks");
}

Test(administration, accounts_that_were_never_verified_nor_used_are_listed_once_they_are_old) {
  auto admin = signed_in_super_admin().client();
  const auto owner = sign_up();
  const auto created = owner.client().post(
      "/api/v1/users", object({{"email", fresh_email()}, {"first_name", "A"}, {"last_name", "B"}}));
  Account idle;
  idle.user_id = expect(created, 201).text("/id");
  require_equal(problems(admin, "unverified", owner), "", "a new account");
  require_equal(problems(admin, "never_signed_in", idle), "", "a new account");
  age(owner, 4000);
  age(idle, 4001);
  require_equal(problems(admin, "unverified", owner), "unverified", "its session lives");
  require_equal(problems(admin, "never_signed_in", idle), "unverified,never_signed_in");
  require_equal(problems(admin, "never_signed_in&days=3650", idle), "unverified,never_signed_in");
  database().run("DELETE FROM session WHERE user_id = " + binary(owner.user_id));
  require_equal(problems(admin, "never_signed_in", owner), "unverified,never_signed_in");
  expect(sign_in(owner.email, owner.password), 200);
  require_equal(problems(admin, "never_signed_in", owner), "");
  verify(owner);
  require_equal(problems(admin, "unverified", owner), "");
}

Test(administration, accounts_whose_mail_comes_back_are_listed) {
  auto admin = signed_in_super_admin().client();
  const auto suppressed = sign_up();
  const auto bounced = sign_up();
  database().run(
      "INSERT INTO suppression (id, email, reason, source, created_at, updated_at) VALUES "
      "(RANDOM_BYTES(16), " +
      literal(suppressed.email) + ", 'complaint', 'operator', UNIX_TIMESTAMP(), UNIX_TIMESTAMP())");
  database().run("UPDATE outbox SET bounced_at = UNIX_TIMESTAMP() WHERE recipient = " +
                 literal(bounced.email));
  require_equal(problems(admin, "bouncing", suppressed), "bouncing");
  require_equal(problems(admin, "bouncing", bounced), "bouncing");
  database().run("DELETE FROM suppression WHERE email = " + literal(suppressed.email));
  require_equal(problems(admin, "bouncing", suppressed), "");
}

Test(administration, problematic_users_come_in_pages_each_once_with_a_total) {
  auto admin = signed_in_super_admin().client();
  // The oldest there are, each with two problems.
  std::vector<Account> accounts;
  for (int i = 0; i < 5; ++i) {
    accounts.push_back(sign_up());
    age(accounts.back(), 6000 - i);
    database().run("UPDATE user SET locked_until = UNIX_TIMESTAMP() + 600 WHERE id = " +
                   binary(accounts.back().user_id));
  }
  const auto whole = listed(admin, std::string{kProblematic} + "?limit=200");
  const auto small = listed(admin, std::string{kProblematic} + "?limit=2");
  const std::set<std::string> distinct{small.begin(), small.end()};
  require_equal(distinct.size(), small.size(), "an account came twice");
  for (const auto& account : accounts) require(holds(small, account) && holds(whole, account), account.email);
  const auto total = admin.get(std::string{kProblematic} + "?kind=locked&include_total=true&limit=1");
  require(expect(total, 200).number("/total") >= 5, total.describe());
  require_equal(total.size("/items"), 1U);
  expect_problem(admin.get(std::string{kProblematic} + "?limit=0"), 422, "validation_failed");
  expect_problem(admin.get(std::string{kProblematic} + "?cursor=x"), 422, "validation_failed");
}

Test(administration, limits_in_force_are_shown_and_no_secret_nor_place) {
  const auto reply = signed_in_super_admin().client().get(kLimits);
  expect(reply, 200);
  std::set<std::string> shown;
  for (std::size_t i = 0; i < reply.size("/items"); ++i) {
    const auto item = "/items/" + std::to_string(i);
    shown.insert(reply.text(item + "/key"));
    require(!reply.text(item + "/unit").empty() && !reply.text(item + "/description").empty(), item);
    if (reply.text(item + "/key") == "LOCK_FAILURES") require_equal(reply.number(item + "/value"), 5);
    // The suite sets it: what holds, not what would.
    if (reply.text(item + "/key") == "LIMIT_READ") {
      require_equal(std::to_string(reply.number(item + "/value")), setting("LIMIT_READ"));
      require_equal(reply.number(item + "/default"), 6000);
    }
  }
  for (const char* key :
       {"LIMIT_READ", "LIMIT_PASSWORD", "LOCK_FAILURES", "LOCK_SECONDS", "SESSION_IDLE_SECONDS", "BODY_BYTES",
        "INVITE_SECONDS", "OUTBOUND_BYTES", "TENANT_MAX_MEMBERS"})
    require(shown.contains(key), key);
  for (const auto& row : tenantd::setting_docs()) {
    if (row.unit != "secret" && row.unit != "path" && row.unit != "account") continue;
    const std::string key{row.key};
    require(reply.body.find('"' + key + '"') == std::string::npos, key + " is shown");
    const auto value = setting(key.c_str(), "");
    require(value.size() < 6 || reply.body.find(value) == std::string::npos,
            "the value of " + key + " is shown");
  }
}
