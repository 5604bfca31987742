// Hosts and their pollers that stop, die and come back: nobody waits for them for long, and they accept
// nothing that ended meanwhile.
#include <criterion/criterion.h>
#include <signal.h>

#include "hosts/hosts_fixture.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "tenantd/base/time.hpp"

using namespace tenantd::test;
using namespace tenantd::test::hosts;

namespace {

bool is_alone() { return number_of("SELECT COUNT(*) FROM host") == 1; }

}  // namespace

Test(host_faults, a_stopped_poller_is_waited_for_and_its_host_reads_the_database) {
  Hosts hosts;
  Remembered ended{hosts};
  const auto poller = poller_of(hosts.second().master());
  ::kill(poller, SIGSTOP);
  const auto took = ended.log_out();
  require(took >= kStale, "the reply waits until nothing is trusted there");
  expect_problem(ended.elsewhere.get("/users/me"), 401, "invalid_token");
  require_equal(metric(hosts.second().url(), "tenantd_session_cache_trusted"), 0);
  require(metric(hosts.first().url(), "tenantd_host_waits_overdue_total") >= 1, "it is counted");
  // Honest sessions are read from the database meanwhile.
  const auto honest = sign_up();
  expect(hosts.second().client(honest).get("/users/me"), 200);
  ::kill(poller, SIGCONT);
  wait_until_trusting(hosts.second().url());
  expect_problem(ended.elsewhere.get("/users/me"), 401, "invalid_token");
}

Test(host_faults, a_stopped_host_that_goes_on_accepts_nothing_that_ended) {
  Hosts hosts;
  Remembered ended{hosts}, ended_unlogged{hosts};
  hosts.second().signal_all(SIGSTOP);
  require(ended.log_out() >= kStale, "the reply waits");
  wait_until("the stopped host's row is removed", is_alone);
  require(ended_unlogged.log_out() < kStale, "nobody is waited for any more");
  hosts.second().signal_all(SIGCONT);
  expect_problem(ended.elsewhere.get("/users/me"), 401, "invalid_token");
  expect_problem(ended_unlogged.elsewhere.get("/users/me"), 401, "invalid_token");
  wait_until_trusting(hosts.second().url());
  expect_problem(ended.elsewhere.get("/users/me"), 401, "invalid_token");
  expect_problem(ended_unlogged.elsewhere.get("/users/me"), 401, "invalid_token");
  require_equal(number_of("SELECT COUNT(*) FROM host"), 2, "it has joined again");
}

Test(host_faults, a_killed_poller_is_replaced_and_nothing_is_accepted_meanwhile) {
  Hosts hosts;
  for (int i = 0; i < 3; ++i) {
    Remembered ended{hosts};
    const auto poller = poller_of(hosts.second().master());
    ::kill(poller, SIGKILL);
    ended.log_out();
    expect_problem(ended.elsewhere.get("/users/me"), 401, "invalid_token");
    wait_until("another poller runs", [&] {
      const auto next = poller_of(hosts.second().master());
      return next != 0 && next != poller;
    });
    wait_until_trusting(hosts.second().url());
    expect_problem(ended.elsewhere.get("/users/me"), 401, "invalid_token");
  }
}

Test(host_faults, a_killed_host_is_forgotten) {
  Hosts hosts;
  Remembered ended{hosts};
  hosts.second().kill();
  ended.log_out();
  wait_until("its row is removed", is_alone);
  const Account honest = sign_up();
  const auto began = tenantd::boot_microseconds();
  expect(honest.client().post("/logout"), 204);
  require(tenantd::boot_microseconds() - began < kStale, "nobody is waited for");
}

Test(host_faults, a_row_that_somebody_removes_is_written_again_and_nothing_is_accepted_meanwhile) {
  Hosts hosts;
  Remembered ended{hosts};
  const auto joins = metric(hosts.second().url(), "tenantd_host_joins_total");
  database().run("DELETE FROM host WHERE name = 'second'");
  wait_until("it joins again",
             [&] { return metric(hosts.second().url(), "tenantd_host_joins_total") > joins; });
  ended.log_out();
  expect_problem(ended.elsewhere.get("/users/me"), 401, "invalid_token");
  wait_until_trusting(hosts.second().url());
  expect_problem(ended.elsewhere.get("/users/me"), 401, "invalid_token");
}

// As after a backup that was put back under running hosts: numbers that were read mean other entries now.
Test(host_faults, a_log_that_was_emptied_is_read_from_its_new_end) {
  Hosts hosts;
  for (int i = 0; i < 3; ++i) Remembered{hosts}.log_out();
  require_equal(error_of(database(), "TRUNCATE TABLE invalidation"), 1701, "not by mistake");
  const auto joins = [&](const std::string& url) { return metric(url, "tenantd_host_joins_total"); };
  const auto of_first = joins(hosts.first().url()), of_second = joins(hosts.second().url());
  database().run("SET FOREIGN_KEY_CHECKS = 0");
  for (const char* table : {"invalidation_ack", "invalidation"})
    database().run(std::string{"TRUNCATE TABLE "} + table);
  database().run("SET FOREIGN_KEY_CHECKS = 1");
  wait_until("both begin anew", [&] {
    return joins(hosts.first().url()) > of_first && joins(hosts.second().url()) > of_second;
  });
  wait_until_trusting(hosts.second().url());
  Remembered ended{hosts};
  ended.log_out();
  expect_problem(ended.elsewhere.get("/users/me"), 401, "invalid_token");
}

Test(host_faults, a_database_that_comes_back_finds_hosts_that_join_anew) {
  Hosts hosts;
  Remembered ended{hosts};
  hosts.first().kill_database();
  expect_problem(hosts.second().client().get("/health/ready"), 503, "unavailable");
  wait_until("nothing is trusted",
             [&] { return metric(hosts.second().url(), "tenantd_session_cache_trusted") == 0; });
  hosts.first().restart_database();
  wait_until_trusting(hosts.first().url());
  wait_until_trusting(hosts.second().url());
  expect(ended.elsewhere.get("/users/me"), 200);
  ended.log_out();
  expect_problem(ended.elsewhere.get("/users/me"), 401, "invalid_token");
}
