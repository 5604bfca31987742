// How long rows of each kind are kept: the sweeper does what the settings say, in bounded steps, and
// super-admins see it.
#include <criterion/criterion.h>

#include <map>
#include <set>

#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/instance_lock.hpp"
#include "support/processes.hpp"
#include "support/super_admin.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kRetention = "/api/v1/admin/retention";

Finished sweep(const std::vector<std::string>& settings = {}) {
  auto done = run_program({setting("TENANTD_BUILD") + "/tenantd-sweeper"}, settings);
  require_equal(done.status, 0, done.output);
  return done;
}

// Of an item of the list by its name.
struct Item {
  std::string table, keeping, setting;
  std::optional<std::int64_t> kept, rows, oldest, removed_at, removed;
};
std::map<std::string, Item> retention() {
  const auto reply = signed_in_super_admin().client().get(kRetention);
  expect(reply, 200);
  std::map<std::string, Item> items;
  for (std::size_t i = 0; i < reply.size("/items"); ++i) {
    const auto at = "/items/" + std::to_string(i);
    const auto number = [&](const char* name) -> std::optional<std::int64_t> {
      const auto& value = reply.at(at + name);
      return value.IsNull() ? std::nullopt : std::optional{value.GetInt64()};
    };
    const auto& setting = reply.at(at + "/setting");
    const bool is_new = items
                            .emplace(reply.text(at + "/name"),
                                     Item{reply.text(at + "/table"), reply.text(at + "/keeping"),
                                          setting.IsNull() ? "" : setting.GetString(),
                                          number("/kept_seconds"), number("/rows"), number("/oldest_at"),
                                          number("/removed_at"), number("/removed_rows")})
                            .second;
    require(is_new || reply.text(at + "/keeping") == "with_organization",
            "twice: " + reply.text(at + "/name"));
  }
  return items;
}

// A row of each kind whose age alone decides, made just now.
void insert_rows(const std::string& mark) {
  const std::string now = "UNIX_TIMESTAMP()";
  for (const char* status : {"1", "2"})
    database().run(
        "INSERT INTO outbox (id, template, recipient, status, next_attempt_at, created_at, updated_at) "
        "VALUES (" +
        binary(fresh_id()) + ", 'welcome', " + literal(mark + status) + ", " + status + ", " + now + ", " +
        now + ", " + now + ")");
  database().run("INSERT INTO import_run (id, rows_done, created_at, updated_at) VALUES (UNHEX(SHA2(" +
                 literal(mark) + ", 256)), 1, " + now + ", " + now + ")");
  database().run("INSERT INTO sweep_run (task, started_at, duration_us, rows_deleted) VALUES (" +
                 literal(mark) + ", " + now + ", 1, 0)");
}

// Which of them are there: sent, given up, import, run.
std::string rows_there(const std::string& mark) {
  const auto count = [](const std::string& from) { return text_of("SELECT COUNT(*) FROM " + from); };
  return count("outbox WHERE recipient = " + literal(mark + "1")) +
         count("outbox WHERE recipient = " + literal(mark + "2")) +
         count("import_run WHERE id = UNHEX(SHA2(" + literal(mark) + ", 256))") +
         count("sweep_run WHERE task = " + literal(mark));
}

}  // namespace

Test(kept, every_table_has_a_stated_retention) {
  std::set<std::string> stated, there;
  for (const auto& [name, item] : retention()) stated.insert(item.table);
  const Alone alone;
  auto rows = database().run_query(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = 'tenantd' AND table_type = "
      "'BASE "
      "TABLE'");
  while (rows.next()) there.insert(rows.text(0));
  for (const auto& table : there)
    require(stated.contains(table), "nothing says how long " + table + " is kept");
  for (const auto& table : stated) require(there.contains(table), "there is no table " + table);
}

Test(kept, rows_go_after_their_time_and_younger_ones_stay) {
  const MovedClock clock;
  const auto mark = fresh_name("kept");
  insert_rows(mark);
  const std::vector<std::string> times{"SENT_MAIL_SECONDS=259200", "DEAD_MAIL_SECONDS=345600",
                                       "IMPORT_RUN_SECONDS=432000", "SWEEP_RUN_SECONDS=518400"};
  const std::vector<std::pair<std::int64_t, std::string>> expected{
      {259100, "1111"}, {259400, "0111"}, {345500, "0111"}, {345800, "0011"},
      {431900, "0011"}, {432200, "0001"}, {518300, "0001"}, {518600, "0000"}};
  for (const auto& [seconds, there] : expected) {
    clock.set(seconds);
    sweep(times);
    require_equal(rows_there(mark), there, std::to_string(seconds));
  }
  clock.set(0);
}

Test(kept, a_time_of_0_is_for_ever) {
  const MovedClock clock;
  const auto mark = fresh_name("ever");
  insert_rows(mark);
  clock.set(400 * 86400);
  sweep();
  require_equal(rows_there(mark), std::string{"0010"});
  clock.set(0);
  database().run("DELETE FROM import_run WHERE id = UNHEX(SHA2(" + literal(mark) + ", 256))");
}

Test(kept, times_that_would_break_what_others_rely_on_are_refused) {
  for (const char* wrong : {"SENT_MAIL_SECONDS=259199", "DEAD_MAIL_SECONDS=86399", "DEAD_DELIVERY_SECONDS=0",
                            "DELIVERY_SECONDS=3599", "USED_CODE_SECONDS=59", "SWEEP_RUN_SECONDS=3599",
                            "IMPORT_RUN_SECONDS=-1", "SWEEP_TASK_SECONDS=0"}) {
    const auto said = run_program({setting("TENANTD_BUILD") + "/tenantd-sweeper", "--check"}, {wrong});
    require_equal(said.status, 78, wrong);
    const std::string key{wrong, std::string_view{wrong}.find('=')};
    require(said.output.find(key) != std::string::npos, said.output);
  }
}

Test(kept, a_large_backlog_goes_in_parts_and_holds_up_nothing_else, .timeout = 200) {
  const Alone alone;
  const std::int64_t backlog = 200'000;
  // In parts: a statement has its time.
  const std::int64_t part = backlog / 4;
  for (std::int64_t first = 0; first < backlog; first += part)
    database().run("INSERT INTO budget (id, empty_at) SELECT UNHEX(LEFT(SHA2(CONCAT('kept', s.seq + " +
                   std::to_string(first) + "), 256), 32)), s.seq FROM " + series(part));
  const auto left = [] { return number_of("SELECT COUNT(*) FROM budget WHERE empty_at <= 1000000"); };
  require_equal(left(), backlog);
  const auto last = number_of("SELECT COALESCE(MAX(id), 0) FROM sweep_run");
  sweep({"SWEEP_TASK_SECONDS=1"});
  const auto after = left();
  require(after > 0 && after < backlog, std::to_string(after) + " rows are left after a second of it");
  const auto of_run = " FROM sweep_run WHERE id > " + std::to_string(last);
  // A batch is a thousand rows: it may be under way when the second is over.
  require(number_of("SELECT duration_us" + of_run + " AND task = 'budgets'") < 15'000'000,
          "it went on for longer");
  require_equal(number_of("SELECT rows_deleted % 1000" + of_run + " AND task = 'budgets'"), 0);
  require_equal(
      number_of("SELECT COUNT(*)" + of_run + " AND task IN ('audit', 'organizations', 'retention')") >= 2,
      true, "the tasks behind it");
  for (int run = 0; run < 20 && left() > 0; ++run) sweep({"SWEEP_TASK_SECONDS=60"});
  require_equal(left(), 0);
  require_equal(number_of("SELECT COUNT(*)" + of_run + " AND task = 'budgets' AND error IS NOT NULL"), 0);
  // What other tests left behind is among it.
  require(number_of("SELECT SUM(rows_deleted)" + of_run + " AND task = 'budgets'") >= backlog,
          "the runs say how much went");
}

Test(kept, super_admins_see_what_is_kept_how_long_and_what_went_last) {
  const auto owner = sign_up();
  const Alone alone;
  database().run("DELETE FROM kept");
  require(!retention().at("audit").rows, "nobody has looked yet");
  const auto old = fresh_name("old");
  insert_rows(old);
  database().run("UPDATE outbox SET next_attempt_at = 1000 WHERE recipient LIKE " + literal(old + "%"));
  sweep();
  const auto items = retention();
  require(!items.at("audit").kept && items.at("audit").setting == "AUDIT_SECONDS",
          "audit rows stay for ever");
  require_equal(items.at("audit").oldest.value_or(0), number_of("SELECT MIN(created_at) FROM audit_log"));
  require_equal(items.at("outbox").kept.value_or(0), 2592000);
  require_equal(items.at("sessions").keeping, std::string{"after_end"});
  require_equal(items.at("stock_movement").keeping, std::string{"with_organization"});
  for (const char* task : {"outbox", "dead_mails"}) {
    require(items.at(task).removed.value_or(0) >= 1, task);
    require(items.at(task).removed_at.value_or(0) > 1'000'000'000, task);
  }
  require(items.at("user").rows.has_value(), "how many accounts there are about");
  // What went last stays on record when nothing goes, and for longer than the sweeper's runs.
  database().run("DELETE FROM sweep_run");
  sweep();
  require_equal(retention().at("outbox").removed.value_or(0), items.at("outbox").removed.value_or(0));
  expect(owner.client().get(kRetention), 403);
  expect(Client{}.get(kRetention), 401);
}

Test(kept, the_oldest_rows_are_found_by_an_index_alone) {
  const Alone alone;
  for (const char* sql : {"SELECT MIN(created_at) FROM audit_log", "SELECT MIN(created_at) FROM event",
                          "SELECT MIN(created_at) FROM account_event", "SELECT MIN(expires_at) FROM session",
                          "SELECT MIN(next_attempt_at) FROM outbox WHERE status = 1",
                          "SELECT MIN(next_attempt_at) FROM webhook_delivery WHERE status = 2",
                          "SELECT MIN(expires_at) FROM idempotency", "SELECT MIN(started_at) FROM sweep_run",
                          "SELECT MIN(updated_at) FROM import_run",
                          "SELECT MIN(upload_expires_at) FROM document WHERE status = 1"}) {
    auto plan =
        database().run_query(std::string{on_mysql() ? "EXPLAIN FORMAT=TRADITIONAL " : "EXPLAIN "} + sql);
    require(plan.next(), sql);
    // "Select tables optimized away", or, of an empty table, "No matching min/max row".
    const auto extra = plan.maybe_text(plan.column("Extra")).value_or("");
    require(extra.find("optimized away") != std::string::npos || extra.find("min/max") != std::string::npos,
            std::string{sql} + ": " + extra);
  }
}
