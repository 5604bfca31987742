// Hosts that live and are of no use to the others: they are not waited for for long, and accept nothing that
// ended meanwhile. And hosts that were copied.
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

std::int64_t overdue() {
  return number_of("SELECT COALESCE(MAX(overdue), 0) FROM host WHERE name = 'second'");
}
std::int64_t rows_of_second() { return number_of("SELECT COUNT(*) FROM host WHERE name = 'second'"); }
std::string id_of_second() { return text_of("SELECT HEX(id) FROM host WHERE name = 'second'"); }

}  // namespace

Test(leases, a_host_that_lives_and_cannot_acknowledge_is_no_host_until_it_can, .timeout = 120) {
  Hosts hosts;
  const auto account =
      text_of("SELECT CONCAT(QUOTE(user), '@', QUOTE(host)) FROM mysql.user WHERE user = 'tenantd_app'");
  const auto right = std::string{"INSERT ON tenantd_app.invalidation_ack "};
  database().run("REVOKE " + right + "FROM " + account);
  Remembered ended{hosts};
  require(ended.log_out() >= kStale, "it is waited for");
  expect_problem(ended.elsewhere.get("/users/me"), 401, "invalid_token");
  wait_until("it is no host any more", [] { return rows_of_second() == 0; });
  for (int i = 0; i < 3; ++i) {
    Remembered next{hosts};
    require(next.log_out() < kStale, "nobody is waited for");
    expect_problem(next.elsewhere.get("/users/me"), 401, "invalid_token");
  }
  require_equal(metric(hosts.second().url(), "tenantd_session_cache_trusted"), 0, "it reads the database");
  database().run("GRANT " + right + "TO " + account);
  wait_until_trusting(hosts.second().url());
  Remembered last{hosts};
  require(last.log_out() < kStale, "it acknowledges");
  expect_problem(last.elsewhere.get("/users/me"), 401, "invalid_token");
}

Test(leases, replies_that_waited_in_vain_are_counted_and_an_answer_in_time_forgives_them) {
  Hosts hosts;
  const auto poller = poller_of(hosts.second().master());
  Remembered late{hosts};
  ::kill(poller, SIGSTOP);
  late.log_out();
  require_equal(overdue(), 1);
  ::kill(poller, SIGCONT);
  wait_until_trusting(hosts.second().url());
  wait_until("an answer in time", [&] {
    Remembered{hosts}.log_out();
    return overdue() == 0;
  });
}

Test(leases, a_host_that_was_waited_for_in_vain_too_often_gives_its_row_up_and_comes_back) {
  Hosts hosts;
  const auto lost = [&] { return metric(hosts.second().url(), "tenantd_host_leases_lost_total"); };
  for (int round = 1; round <= 2; ++round) {
    Remembered ended{hosts};
    database().run("UPDATE host SET overdue = 3 WHERE name = 'second'");
    wait_until("nothing is trusted",
               [&] { return metric(hosts.second().url(), "tenantd_session_cache_trusted") == 0; });
    ended.log_out();
    expect_problem(ended.elsewhere.get("/users/me"), 401, "invalid_token");
    wait_until("it has given its row up", [&] { return lost() == round; });
    wait_until_trusting(hosts.second().url());
    expect_problem(ended.elsewhere.get("/users/me"), 401, "invalid_token");
    require_equal(rows_of_second(), 1, "it is back");
    // On probation: that it answers in time ends it.
    require_equal(overdue(), 2);
    wait_until("an answer in time", [&] {
      Remembered{hosts}.log_out();
      return overdue() == 0;
    });
  }
}

// As a copy of the machine would: it renews the row as its own.
Test(leases, a_host_whose_row_another_machine_renews_becomes_another_host) {
  Hosts hosts;
  const auto id = id_of_second();
  Remembered ended{hosts};
  database().run("UPDATE host SET beat = beat + 1000 WHERE name = 'second'");
  wait_until("it has a row of its own", [&] {
    return number_of("SELECT COUNT(*) FROM host WHERE name = 'second' AND id <> UNHEX('" + id + "')") == 1;
  });
  ended.log_out();
  expect_problem(ended.elsewhere.get("/users/me"), 401, "invalid_token");
  wait_until("the row that nobody renews is removed",
             [&] { return rows_of_second() == 1 && id_of_second() != id; });
  wait_until_trusting(hosts.second().url());
  Remembered again{hosts};
  require(again.log_out() < kStale, "it acknowledges as another");
  expect_problem(again.elsewhere.get("/users/me"), 401, "invalid_token");
}
