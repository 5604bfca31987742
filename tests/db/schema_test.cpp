// Programs and schemas of different releases: what fits goes on, what does not is refused in a sentence.
#include <criterion/criterion.h>
#include <signal.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/later_release.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"
#include "support/second_host.hpp"

using namespace tenantd;
using namespace tenantd::test;

namespace {

void change(const std::string& sql) { database().run(sql); }

constexpr int kWrongSettings = 78, kTryLater = 75;

bool says(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

// Each program that works on the database, once.
const std::vector<std::string> kPrograms = {"tenantd-courier --once", "tenantd-sweeper",
                                            "tenantd-reporter due"};

void expect_refused(const PrivateStack& stack, const std::vector<std::string>& programs, int status,
                    const std::string& sentence) {
  for (const auto& program : programs) {
    const auto done = stack.run(program);
    require_equal(done.status, status, program + ": " + done.output);
    require(says(done.output, sentence), program + ": " + done.output);
  }
}

void expect_served(const PrivateStack& stack) {
  for (const auto& program : kPrograms) {
    const auto done = stack.run(program);
    require_equal(done.status, 0, program + ": " + done.output);
  }
  expect(stack.client().get("/health/ready"), 200);
}

void set_version(std::int64_t version, const std::string& serves) {
  const auto newest = text_of("SELECT MAX(version) FROM version");
  change("UPDATE version SET version = " + std::to_string(version) + ", serves_from = " + serves +
         " WHERE version = " + newest);
}

std::string tables_and_views() {
  return text_of(
      "SELECT GROUP_CONCAT(CONCAT(table_schema, table_name, COALESCE(create_time, '')) ORDER BY 1) FROM "
      "information_schema.tables WHERE table_schema LIKE 'tenantd%'");
}

}  // namespace

// A release goes on while the next one migrates only if that says so.
Test(schema, each_migration_says_whom_it_serves) {
  for (const auto& file : db::find_migrations(setting("TENANTD_TOP") + "/sql")) {
    const auto serves = db::serves_from(file);
    require(serves.has_value(), file.path + R"( lacks a line "-- Serves programs from N.")");
    require(*serves <= file.version, file.path + " serves programs that there are not yet");
  }
  const LaterRelease silent{0}, serving{17};
  require(!db::serves_from(db::find_migrations(silent.sql_dir()).back()).has_value(), "it says nothing");
  require_equal(db::serves_from(db::find_migrations(serving.sql_dir()).back()).value(), 17);
}

Test(schema, a_newer_one_is_refused_by_each_program_unless_it_serves_it, .timeout = 180) {
  PrivateStack stack;
  stack.take_the_suites_place();
  const auto person = sign_up();
  auto programs = kPrograms;
  programs.emplace_back("tenantd");
  for (const auto& serves : {std::string{"NULL"}, std::to_string(db::kSchemaVersion + 1)}) {
    set_version(db::kSchemaVersion + 1, serves);
    expect_refused(stack, programs, kWrongSettings,
                   "The database schema is newer than this program: install");
    const auto before = tables_and_views();
    const auto migrated = stack.run("tenantctl migrate");
    require(migrated.status != 0 && says(migrated.output, "newer than this release"), migrated.output);
    require_equal(tables_and_views(), before, "what the newer release made stays");
    wait_until("it is not ready", [&] { return stack.client().get("/health/ready").status == 503; });
    require(says(stack.client().get("/health/ready").body, "newer than this program"), "no reason");
  }
  set_version(db::kSchemaVersion + 1, std::to_string(db::kSchemaVersion));
  wait_until("it is ready", [&] { return stack.client().get("/health/ready").status == 200; });
  expect_served(stack);
  expect(person.client().get("/api/v1/users/me"), 200);
  const auto before = tables_and_views();
  const auto migrated = stack.run("tenantctl migrate");
  require_equal(migrated.status, 0, migrated.output);
  require(says(migrated.output, "it serves this release, so nothing is changed"), migrated.output);
  require_equal(tables_and_views(), before);
  const SecondHost second{stack};
  expect(second.client(person).get("/api/v1/users/me"), 200);
}

Test(schema, an_older_one_is_refused_until_it_is_migrated, .timeout = 120) {
  PrivateStack stack;
  stack.take_the_suites_place();
  set_version(db::kSchemaVersion - 1000, "NULL");
  expect_refused(stack, kPrograms, kTryLater,
                 "The database schema is older than this program: run `tenantctl migrate`");
  wait_until("it is not ready", [&] { return stack.client().get("/health/ready").status == 503; });
  set_version(db::kSchemaVersion, "NULL");
  wait_until("it is ready", [&] { return stack.client().get("/health/ready").status == 200; });
  expect_served(stack);
}

// From release N to N + 1 and back, while N runs: sessions of before count on either side.
Test(schema, a_migration_that_serves_this_release_can_be_lived_with_and_gone_back_from, .timeout = 180) {
  // Whatever port it gets, tokens are those of one issuer.
  PrivateStack stack{{"PUBLIC_URL=http://id.example.com"}};
  stack.take_the_suites_place();
  const auto before = sign_up();
  const LaterRelease later;
  const auto migrated = later.migrate(stack);
  require_equal(migrated.status, 0, migrated.output);
  require(says(migrated.output, "applied " + std::to_string(later.version()) + " later"), migrated.output);
  const auto after = sign_up();
  expect_served(stack);
  // Back: this release is installed again, migrates as its package does, and starts.
  const auto back = stack.run("tenantctl migrate");
  require_equal(back.status, 0, back.output);
  stack.restart();
  for (const auto* person : {&before, &after}) {
    auto client = stack.client();
    client.bearer(person->access_token);
    expect(client.get("/api/v1/users/me"), 200);
  }
  expect_served(stack);
  require_equal(number_of("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'tenantd' AND "
                          "table_name = 'later'"),
                1, "nothing undoes a migration");
}

Test(schema, a_migration_that_does_not_serve_what_runs_waits_until_that_is_stopped, .timeout = 120) {
  PrivateStack stack;
  stack.take_the_suites_place();
  wait_until("tenantd has a row", [&] { return number_of("SELECT COUNT(*) FROM host") == 1; });
  const LaterRelease later{0};
  const auto refused = later.migrate(stack);
  require(refused.status != 0 && says(refused.output, "does not serve the release that runs: stop tenantd"),
          refused.output);
  require_equal(number_of("SELECT MAX(version) FROM version"), db::kSchemaVersion, "nothing is applied");
  expect_served(stack);
  require_equal(::kill(part_pid(stack.dir(), "tenantd"), SIGTERM), 0);
  wait_until("tenantd is gone", [&] { return number_of("SELECT COUNT(*) FROM host") == 0; });
  const auto migrated = later.migrate(stack);
  require_equal(migrated.status, 0, migrated.output);
  expect_refused(stack, {"tenantd"}, kWrongSettings, "newer than this program");
}
