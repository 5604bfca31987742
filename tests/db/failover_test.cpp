// Two servers of the database: the first one dies, hangs, or is demoted, and the service goes on with the
// second. What was acknowledged is found in the one or the other.
#include <criterion/criterion.h>
#include <signal.h>

#include <cstdlib>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/invitation_load.hpp"
#include "support/two_databases.hpp"
#include "tenantd/base/time.hpp"

using namespace tenantd::test;

namespace {

constexpr int kThreads = InvitationLoad::kThreads;

std::string those(const InvitationLoad& load) {
  return "SELECT COUNT(*) FROM invite WHERE email LIKE '" + load.stem() + "%'";
}

struct Load : InvitationLoad {
  explicit Load(TwoDatabases& both) : InvitationLoad([&both] { return both.client(); }), databases(both) {}
  std::int64_t in_first() const { return databases.in_first(those(*this)); }
  std::int64_t in_second() const { return databases.in_second(those(*this)); }
  // How many of those that were acknowledged neither server has.
  int lost() {
    return missing([this](const std::string& email) {
      const auto query = "SELECT COUNT(*) FROM invite WHERE email = " + literal(email);
      return databases.in_first(query) + databases.in_second(query) > 0;
    });
  }
  TwoDatabases& databases;
};

}  // namespace

Test(failover, a_killed_server_is_left_for_the_next_and_nothing_acknowledged_is_lost) {
  TwoDatabases databases;
  Load load{databases};
  load.wait_for(30);
  require_equal(load.in_second(), 0, "the first of the list is the one that is written to");
  databases.first().kill_database();
  load.wait_for(60);
  load.stop();
  load.say("killed");
  // What was under way may have been told that its outcome is unknown.
  require(load.refused() <= 2 * kThreads, std::to_string(load.refused()) + " refused");
  require(load.in_second() >= 60, "the second server is written to");
  expect(databases.host().client().get("/health/ready"), 200);
  databases.first().restart_database();
  require_equal(load.lost(), 0, "lost");
}

Test(failover, a_server_that_becomes_read_only_is_left_and_taken_again_when_it_is_back) {
  TwoDatabases databases;
  Load load{databases};
  load.wait_for(30);
  databases.tell_first("SET GLOBAL read_only = ON");
  load.wait_for(60);
  load.say("read-only");
  require(load.refused() <= 2 * kThreads, std::to_string(load.refused()) + " refused");
  require(load.in_second() >= 30, "the second server is written to");
  const auto in_first = load.in_first();
  load.wait_for(30);
  require_equal(load.in_first(), in_first, "nobody writes to the first");
  databases.tell_first("SET GLOBAL read_only = OFF");
  wait_until("the first is written to again", [&] { return load.in_first() > in_first; });
  load.wait_for(kThreads * 2);
  const auto in_second = load.in_second();
  load.wait_for(30);
  require_equal(load.in_second(), in_second, "by all");
  load.stop();
  require_equal(load.lost(), 0, "lost");
}

Test(failover, who_only_reads_leaves_a_demoted_server_too, .timeout = 180) {
  TwoDatabases databases{{"SESSION_CACHE_SECONDS=0"}};
  const auto name = [&] {
    return databases.client().get("/api/v1/organizations/" + databases.owner().org_id).text("/name");
  };
  require_equal(name(), "Acme");
  databases.tell_second("UPDATE organization SET name = 'Beta'");
  require_equal(name(), "Acme", "nobody asks the second");
  databases.tell_first("SET GLOBAL read_only = ON");
  wait_until("the second is read", [&] { return name() == "Beta"; });
  for (int i = 0; i < 20; ++i) require_equal(name(), "Beta", "by every worker");
}

Test(failover, a_server_that_hangs_is_left_once_a_request_has_waited_for_it) {
  TwoDatabases databases{{"REQUEST_SECONDS=3"}};
  Load load{databases};
  load.wait_for(30);
  databases.first().signal_database(SIGSTOP);
  load.wait_for(60);
  load.stop();
  load.say("hanging");
  require(load.in_second() >= 60, "the second server is written to");
  require(load.longest_gap() < 15'000, std::to_string(load.longest_gap()) + " ms");
  databases.first().signal_database(SIGCONT);
  require_equal(load.lost(), 0, "lost");
}

Test(failover, without_any_server_that_takes_writes_replies_are_503_at_once) {
  TwoDatabases databases;
  databases.tell_first("SET GLOBAL read_only = ON");
  databases.tell_second("SET GLOBAL read_only = ON");
  auto client = databases.client();
  const auto refused = [&] {
    const auto reply = client.post("/invite_member", object({{"email", fresh_email()}}));
    return reply.status == 503 && std::atoi(reply.header("retry-after").c_str()) > 0;
  };
  require(refused(), "refused");
  const auto began = tenantd::monotonic_microseconds();
  for (int i = 0; i < 10; ++i) require(refused(), "refused");
  require(tenantd::monotonic_microseconds() - began < 10'000'000, "nobody waits for a server to come back");
  expect_problem(databases.host().client().get("/health/ready"), 503, "unavailable");
  databases.tell_second("SET GLOBAL read_only = OFF");
  wait_until("the second is written to", [&] {
    return client.post("/invite_member", object({{"email", fresh_email()}})).status == 201;
  });
}

Test(failover, the_operator_is_told_which_server_is_written_to) {
  TwoDatabases databases;
  const auto says = [&](int status, const std::string& text) {
    const auto said = databases.run("tenantctl doctor");
    require(said.output.find(text) != std::string::npos, text + " is not in:\n" + said.output);
    require_equal(said.status, status, said.output);
  };
  says(0, "ok    writer: writes go to ");
  // As if another host named the servers in another order.
  databases.tell_first(
      "INSERT INTO host (id, registration, name, version, started_at, seen_at, server) SELECT "
      "REPEAT('x', 16), REPEAT('x', 16), 'elsewhere', version, started_at, UNIX_TIMESTAMP(), 'db9:3306' FROM "
      "host LIMIT 1");
  says(1, "elsewhere through db9:3306");
}
