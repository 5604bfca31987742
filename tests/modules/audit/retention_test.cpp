// What is kept for a time: audit rows, whose chain goes on from a signed beginning, and events.
#include <criterion/criterion.h>
#include <fcntl.h>
#include <unistd.h>

#include "support/audit.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/private_stack.hpp"
#include "support/roles.hpp"

using namespace tenantd::test;

namespace {

constexpr std::int64_t kHour = 3600;

// An instance that keeps both for an hour, and whose clock can be moved.
class Forgetful {
 public:
  Forgetful() {
    stack.take_the_suites_place();
    owner = sign_up();
  }
  // So many seconds later, signed in anew.
  void pass(std::int64_t seconds) {
    offset_ += seconds;
    set(offset_);
    owner.access_token = sign_in(owner.email, owner.password).text("/access_token");
  }
  void make_roles(int count) const {
    for (int i = 0; i < count; ++i) expect(make_role(owner, fresh_name("role"), "[]"), 201);
  }
  void sweep() const {
    const auto done = stack.run("tenantd-sweeper");
    require_equal(done.status, 0, done.output);
  }
  Finished verify(const std::string& more = "") const {
    return stack.run("tenantctl audit verify --organization " + owner.org_id + more);
  }
  std::int64_t rows(const std::string& table) const {
    return number_of("SELECT COUNT(*) FROM " + table + " WHERE org_id = " + binary(owner.org_id));
  }
  void run(std::string sql) const {
    for (auto at = sql.find("$ORG"); at != std::string::npos; at = sql.find("$ORG"))
      sql.replace(at, 4, binary(owner.org_id));
    database().run(sql);
  }

 private:
  void set(std::int64_t seconds) const {
    const int fd = ::open(clock_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    require(fd >= 0 && ::pwrite(fd, &seconds, sizeof seconds, 0) == sizeof seconds, "the clock");
    ::close(fd);
  }
  std::string new_clock() {
    clock_ = run_dir() + "/retention-clock-" + std::to_string(::getpid());
    set(0);
    return clock_;
  }
  std::string clock_;
  std::int64_t offset_ = 0;

 public:
  PrivateStack stack{{"AUDIT_SECONDS=3600", "EVENT_SECONDS=3600", "CLOCK_OFFSET_FILE=" + new_clock()}};
  Account owner;
};

void expect_broken(const Finished& said, const std::string& why,
                   const std::source_location& at = std::source_location::current()) {
  require_equal(said.status, 1, said.output, at);
  require(said.output.find(why) != std::string::npos, said.output, at);
}

}  // namespace

Test(retention, audit_rows_go_after_their_time_and_the_chain_is_whole_from_its_signed_beginning) {
  Forgetful world;
  const auto anchors = " --anchors " + world.stack.dir() + "/anchors";
  world.make_roles(4);
  const auto old = world.rows("audit_log");
  require_equal(world.verify(anchors).status, 0);
  world.pass(2 * kHour);
  world.make_roles(3);
  world.sweep();
  require(world.rows("audit_log") < old, "nothing went");
  require(world.rows("audit_log") >= 3, "too much went");
  const auto whole = world.verify(anchors);
  require_equal(whole.status, 0, whole.output);
  // On from there, and once more.
  world.pass(2 * kHour);
  world.make_roles(1);
  world.sweep();
  require_equal(world.verify(anchors).status, 0);
  const auto all = world.stack.run("tenantctl audit verify");
  require_equal(all.status, 0, all.output);
  expect(world.owner.client().get("/api/v1/audit-logs"), 200);
}

Test(retention, a_chain_of_which_nothing_is_left_is_whole_and_goes_on, .timeout = 180) {
  Forgetful world;
  world.make_roles(2);
  world.pass(2 * kHour);
  world.sweep();
  // Signing in leaves a row of the person's own; everything older is gone.
  const auto left = world.rows("audit_log");
  require(left <= 1, std::to_string(left) + " rows are left");
  require_equal(world.verify().status, 0);
  world.make_roles(1);
  require_equal(world.verify().status, 0);
}

Test(retention, who_cuts_a_chain_off_without_the_key_is_found, .timeout = 180) {
  Forgetful world;
  world.make_roles(3);
  world.pass(2 * kHour);
  world.make_roles(4);
  world.sweep();
  require_equal(world.verify().status, 0);
  world.run("CREATE TABLE kept_start AS SELECT * FROM audit_start");
  world.run("CREATE TABLE kept_log AS SELECT * FROM audit_log");
  const auto back = [&] {
    world.run("DELETE FROM audit_start");
    world.run("INSERT INTO audit_start SELECT * FROM kept_start");
    world.run("DELETE FROM audit_log");
    world.run("INSERT INTO audit_log SELECT * FROM kept_log");
    require_equal(world.verify().status, 0, "restored");
  };
  // Further than the sweeper did, with a beginning that nobody signed.
  world.run(
      "UPDATE audit_start s JOIN audit_log a ON a.org_id = s.org_id AND a.seq = s.seq + 1 "
      "SET s.seq = a.seq, s.hash = a.hash WHERE s.org_id = $ORG");
  world.run(
      "DELETE a FROM audit_log a JOIN audit_start s ON s.org_id = a.org_id AND a.seq <= s.seq WHERE a.org_id "
      "= $ORG");
  expect_broken(world.verify(), "was not signed by the sweeper");
  back();
  // A signature that is none.
  world.run("UPDATE audit_start SET signature = REPEAT('x', 32) WHERE org_id = $ORG");
  expect_broken(world.verify(), "was not signed by the sweeper");
  back();
  world.run("DELETE FROM audit_start WHERE org_id = $ORG");
  expect_broken(world.verify(), "row 1 is missing");
  back();
  world.run(
      "DELETE a FROM audit_log a JOIN audit_start s ON s.org_id = a.org_id AND a.seq = s.seq + 1 WHERE "
      "a.org_id = $ORG");
  expect_broken(world.verify(), "is missing");
  back();
  world.run("UPDATE audit_log SET agent = 'x' WHERE org_id = $ORG ORDER BY seq LIMIT 1");
  expect_broken(world.verify(), "was changed");
}

Test(retention, events_go_after_their_time_and_numbers_go_on, .timeout = 180) {
  Forgetful world;
  world.make_roles(3);
  const auto newest =
      number_of("SELECT event_seq FROM change_head WHERE org_id = " + binary(world.owner.org_id));
  world.pass(2 * kHour);
  world.sweep();
  require_equal(world.rows("event"), 0);
  world.make_roles(1);
  const auto list = world.owner.client().get("/api/v1/events");
  require_equal(list.size("/items"), 1U);
  require_equal(list.number("/items/0/seq"), newest + 1);
}

Test(retention, by_default_audit_rows_stay_for_ever) {
  const auto owner = sign_up();
  const Alone alone;
  database().run("UPDATE event SET created_at = 1 WHERE org_id = " + binary(owner.org_id));
  const auto rows = audit_rows_of(owner);
  require_equal(run_program({setting("TENANTD_BUILD") + "/tenantd-sweeper"}).status, 0);
  require_equal(audit_rows_of(owner), rows);
  require_equal(number_of("SELECT COUNT(*) FROM event WHERE org_id = " + binary(owner.org_id)), 0);
}
