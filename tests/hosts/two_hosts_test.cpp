// Two hosts on one database: what ends on one has ended on the other when the client hears of it.
#include <criterion/criterion.h>

#include "hosts/hosts_fixture.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/parallel.hpp"
#include "tenantd/base/time.hpp"

using namespace tenantd::test;
using namespace tenantd::test::hosts;

namespace {

Account again(const Account& account) {
  auto signed_in = account_of(expect(sign_in(account.email, account.password), 200), account.email);
  signed_in.org_id = account.org_id;
  return signed_in;
}

void log_out(const Account& account) { expect(account.client().post("/logout"), 204); }

std::int64_t hits(const std::string& url) { return metric(url, "tenantd_session_cache_hits_total"); }

}  // namespace

Test(two_hosts, a_logout_counts_on_the_other_host_with_its_reply) {
  Hosts hosts;
  constexpr std::size_t kClients = 8;
  std::vector<Account> people;
  for (std::size_t i = 0; i < kClients; ++i) people.push_back(sign_up());
  const auto hits_before = hits(hosts.second().url());
  at_once(kClients, [&](std::size_t i) {
    for (int round = 0; round < 5; ++round) {
      const auto session = again(people[i]);
      auto elsewhere = hosts.remembered(session);
      log_out(session);
      expect_problem(elsewhere.get("/users/me"), 401, "invalid_token");
    }
    return 0;
  });
  require(hits(hosts.second().url()) > hits_before, "the second host went by what it remembered");
  require(metric(hosts.first().url(), "tenantd_host_waits_total") >= 40, "each reply waited");
  require(metric(hosts.second().url(), "tenantd_invalidations_read_total") >= 40, "each was read");
}

Test(two_hosts, removal_demotion_and_a_changed_role_count_on_the_other_host) {
  Hosts hosts;
  const auto owner = sign_up();
  const auto removed = invite_and_accept(owner, "admin"), demoted = invite_and_accept(owner, "admin");
  auto of_removed = hosts.remembered(removed);
  expect(of_removed.get("/api/v1/members"), 200);
  expect(owner.client().del("/delete", object({{"user_id", removed.user_id}, {"org_id", owner.org_id}})),
         204);
  require_equal(of_removed.get("/api/v1/members").status, 401);

  auto of_demoted = hosts.remembered(demoted);
  expect(of_demoted.get("/api/v1/api-keys"), 200);
  expect(owner.client().put("/api/v1/members/" + demoted.user_id + "/role",
                            object({{"new_role_name", "member"}})),
         200);
  expect_problem(of_demoted.get("/api/v1/api-keys"), 403, "forbidden");
}

Test(two_hosts, a_changed_password_and_a_deleted_api_key_count_on_the_other_host) {
  Hosts hosts;
  const auto owner = sign_up();
  const auto key = make_api_key(owner, R"(["users:read"])");
  auto by_key = hosts.second().client();
  by_key.header("X-Api-Key", key.key);
  for (int i = 0; i < 3; ++i) expect(by_key.get("/api/v1/members"), 200);
  expect(owner.client().del("/api/v1/api-keys/" + key.id, ""), 204);
  expect_problem(by_key.get("/api/v1/members"), 401, "invalid_token");

  const auto other = again(owner);
  auto elsewhere = hosts.remembered(other);
  expect(owner.client().post(
             "/api/v1/auth/change-password",
             object({{"current_password", kPassword}, {"new_password", "slate meadow 71 kite"}})),
         204);
  expect_problem(elsewhere.get("/users/me"), 401, "invalid_token");
}

// tenantctl is no host, and runs wherever its operator is.
Test(two_hosts, a_rank_that_tenantctl_takes_is_gone_on_every_host_when_it_returns) {
  Hosts hosts;
  const auto chief = sign_up();
  verify(chief);
  auto here = chief.client(), elsewhere = hosts.remembered(chief);
  for (int i = 0; i < 2; ++i) expect(here.get("/users/me"), 200);
  expect_problem(elsewhere.get("/api/v1/admin/dashboard"), 403, "forbidden");
  require_equal(hosts.first().run("tenantctl super-admin grant " + chief.email).status, 0);
  for (auto* client : {&here, &elsewhere}) expect(client->get("/api/v1/admin/dashboard"), 200);
  require_equal(hosts.first().run("tenantctl super-admin revoke " + chief.email).status, 0);
  for (auto* client : {&here, &elsewhere}) expect_problem(client->get("/users/me"), 401, "invalid_token");
}

// Another host's transaction takes a number, and commits after later numbers were read.
Test(two_hosts, an_entry_that_becomes_visible_late_is_not_missed) {
  Hosts hosts;
  const auto other = sign_up();
  tenantd::db::Connection slow{as_admin()};
  for (bool in_time = false; !in_time;) {
    const auto victim = sign_up();
    auto elsewhere = hosts.remembered(victim);
    const auto session = again(other);
    const auto began = tenantd::boot_microseconds();
    slow.run("START TRANSACTION");
    slow.run("INSERT INTO invalidation (host_id, at_once, ids) VALUES (" + binary(fresh_id()) + ", FALSE, " +
             binary(victim.user_id) + ")");
    slow.run("DELETE FROM session WHERE user_id = " + binary(victim.user_id));
    log_out(session);  // a later number, which the second host acknowledges
    expect(elsewhere.get("/users/me"), 200);
    slow.run("COMMIT");
    // Later than that the writer would announce it again.
    in_time = tenantd::boot_microseconds() - began < 500'000;
    if (in_time)
      wait_until(
          "the late entry is read", [&] { return elsewhere.get("/users/me").status == 401; },
          std::chrono::seconds{10});
  }
}

Test(two_hosts, a_host_that_joins_accepts_nothing_that_ended_meanwhile) {
  PrivateStack first{{"SESSION_CACHE_SECONDS=60"}};
  first.take_the_suites_place();
  wait_until_trusting(first.url());
  std::vector<Account> people;
  for (int i = 0; i < 4; ++i) people.push_back(sign_up());
  for (int round = 0; round < 2; ++round) {
    SecondHost second{first};
    const auto trusts = [&] { return metric(second.url(), "tenantd_session_cache_trusted") == 1; };
    at_once(people.size(), [&](std::size_t i) {
      for (bool last = false; !last;) {
        last = trusts();
        const auto session = again(people[i]);
        auto elsewhere = second.client(session);
        for (int n = 0; n < 2; ++n) expect(elsewhere.get("/users/me"), 200);
        log_out(session);
        expect_problem(elsewhere.get("/users/me"), 401, "invalid_token");
      }
      return 0;
    });
    second.stop();
    require_equal(number_of("SELECT COUNT(*) FROM host"), 1, "who stops takes its row away");
  }
}

Test(two_hosts, a_host_that_is_alone_writes_no_entries_and_does_not_wait) {
  PrivateStack first;
  first.take_the_suites_place();
  wait_until_trusting(first.url());
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner);
  expect(owner.client().del("/delete", object({{"user_id", member.user_id}, {"org_id", owner.org_id}})), 204);
  log_out(owner);
  require_equal(number_of("SELECT COUNT(*) FROM invalidation"), 0);
  require_equal(number_of("SELECT COUNT(*) FROM host"), 1);
  require_equal(metric(first.url(), "tenantd_host_waits_total"), 0);
}
