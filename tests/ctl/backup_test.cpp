// tenantctl backup, backup verify and restore: what comes back on another, empty server is what was there.
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "support/authenticator.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/files.hpp"
#include "support/fixtures.hpp"
#include "support/key_folder.hpp"
#include "support/mailbox.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"
#include "tenantd/base/descriptor.hpp"

using namespace tenantd;
using namespace tenantd::test;
namespace fs = std::filesystem;

namespace {

// Both instances are reached at one address, as a service that moved to another machine is.
const std::string kAddress = "PUBLIC_URL=https://id.example.com";

Finished run_sealed(const PrivateStack& stack, const std::string& passphrase, const std::string& command) {
  return run_program({"bash", "-c",
                      ". " + stack.dir() + "/environment && export BACKUP_PASSPHRASE='" + passphrase +
                          "' && exec " + setting("TENANTD_BUILD") + "/tenantctl " + command});
}

void expect_said(const Finished& finished, int status, const std::string& text,
                 const std::source_location& at = std::source_location::current()) {
  require_equal(finished.status, status, finished.output, at);
  require(finished.output.find(text) != std::string::npos, "no \"" + text + "\" in: " + finished.output, at);
}

std::vector<std::string> names_in(const std::string& dir) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{dir}) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

// Every base table's rows, counted and summed up, but those of who ran and what was swept.
std::string contents(db::Connection& db) {
  std::vector<std::string> tables;
  auto rows = db.run_query(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = 'tenantd' AND "
      "table_type = 'BASE TABLE' AND table_name NOT IN ('host', 'invalidation', "
      "'invalidation_ack', 'migration_lock', 'definition', 'sweep_run') ORDER BY table_name");
  while (rows.next()) tables.push_back(rows.text(0));
  std::string text;
  for (const auto& table : tables) {
    auto sum = db.run_query("CHECKSUM TABLE tenantd." + table);
    sum.next();
    text += table + ' ' + sum.text(1) + '\n';
  }
  return text;
}

void end_programs(const PrivateStack& stack) {
  for (const char* part : {"tenantd", "courier"}) {
    const auto pid = part_pid(stack.dir(), part);
    ::kill(pid, SIGTERM);
    wait_until(std::string{part} + " is gone", [&] { return !lives(pid); });
  }
}

// An empty server, and empty folders, where an instance was.
void clear(const PrivateStack& stack, db::Connection& db) {
  end_programs(stack);
  for (const char* statement :
       {"DROP DATABASE tenantd_app", "DROP DATABASE tenantd", "DROP USER tenantd_owner@localhost"})
    db.run(statement);
  fs::remove_all(stack.dir() + "/keys");
  fs::remove_all(stack.dir() + "/files");
}

void flip_byte(const std::string& path, std::streamoff at) {
  std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
  file.seekg(at);
  const auto byte = static_cast<char>(file.get());
  file.seekp(at);
  file.put(static_cast<char>(byte ^ 1));
}

}  // namespace

Test(backup, restored_on_another_server_sessions_factors_files_audit_and_pending_mail_work) {
  const TempFolder place;
  const auto dir = place.path() + "/backups";
  const PrivateStack old{{kAddress}};
  old.take_the_suites_place();
  const auto person = sign_up();
  const auto factor = enable_factor(person);
  const auto document = uploaded(person, make_project(person), {.content = "the plan"});
  // From here on mails wait.
  const auto courier = part_pid(old.dir(), "courier");
  ::kill(courier, SIGTERM);
  wait_until("the courier is gone", [&] { return !lives(courier); });
  const auto invited = fresh_email();
  expect(invite(person, invited), 201);
  forget_steps(person);

  expect_said(old.run("tenantctl backup " + dir), 78, "BACKUP_PASSPHRASE is not set");
  require(!fs::exists(dir), "nothing is made without a passphrase");
  expect_said(run_sealed(old, "velvet", "backup " + dir), 0, "made " + dir + "/tenantd-");
  expect_said(run_sealed(old, "velvet", "backup verify " + dir), 0, "is whole");
  db::Connection before{old.database()};
  const auto was = contents(before);

  PrivateStack fresh{{kAddress}};
  db::Connection after{fresh.database()};
  expect_said(run_sealed(fresh, "velvet", "restore " + dir), 1, "holds a database of tenantd already");
  clear(fresh, after);
  expect_said(run_sealed(fresh, "another", "restore " + dir), 1, "BACKUP_PASSPHRASE is another");
  expect_said(run_sealed(fresh, "velvet", "restore " + dir), 0, "restored " + dir);
  require_equal(contents(after), was);

  // As it starts then: no migration is due, and the courier finds what waits.
  fresh.restart();
  fresh.take_the_suites_place();
  expect(person.client().get("/users/me"), 200);
  expect(Client{}.post("/refresh_token", object({{"refresh_token", person.refresh_token}})), 200);
  expect(Client{}.post("/api/v1/auth/mfa/verify",
                       object({{"mfa_token", second_step_of(person)}, {"code", factor.code()}})),
         200);
  require_equal(download(person, document).body, "the plan");
  require(!invite_token(invited).empty(), "the mail that waited was sent");
  const auto verified = fresh.run("tenantctl audit verify");
  require_equal(verified.status, 0, verified.output);
  const auto doctor = run_program({"bash", "-c",
                                   ". " + fresh.dir() + "/environment && export PUBLIC_URL=" + fresh.url() +
                                       " && exec " + setting("TENANTD_BUILD") + "/tenantctl doctor"});
  require_equal(doctor.status, 0, doctor.output);
}

Test(backup, the_binary_log_leads_from_a_backup_to_the_moment_before_a_mistake) {
  if (on_mysql()) cr_skip_test("MariaDB's tools are here");
  const TempFolder place;
  const auto dir = place.path() + "/backups", log = place.path() + "/log";
  PrivateStack old{{kAddress, "DATABASE_OPTIONS=--log-bin=" + log + " --server-id=7 --binlog-format=ROW"}};
  old.take_the_suites_place();
  const auto early = sign_up();
  expect_said(run_sealed(old, "velvet", "backup " + dir), 0, "made ");
  const auto late = sign_up();
  expect(invite(early, late.email), 201);
  db::Connection before{old.database()};
  end_programs(old);
  const auto was = contents(before);
  auto end = before.run_query("SHOW MASTER STATUS");
  end.next();
  const auto stop = end.text(1);
  before.run("DELETE FROM tenantd.session");  // the mistake

  PrivateStack fresh{{kAddress}};
  db::Connection after{fresh.database()};
  clear(fresh, after);
  const auto said = run_sealed(fresh, "velvet", "restore " + dir);
  expect_said(said, 0, "MASTER_LOG_POS=");
  const auto start = std::to_string(std::stoll(said.output.substr(said.output.find("MASTER_LOG_POS=") + 15)));
  require(contents(after) != was, "the later person is not there yet");
  const auto replayed =
      run_program({"bash", "-o", "pipefail", "-c",
                   "mariadb-binlog --no-defaults --database=tenantd --start-position=" + start +
                       " --stop-position=" + stop + ' ' + log +
                       ".000001 | mariadb --no-defaults --socket=" + fresh.database().socket});
  require_equal(replayed.status, 0, replayed.output);
  require_equal(contents(after), was);
  fresh.restart();
  fresh.take_the_suites_place();
  expect(late.client().get("/users/me"), 200);
  const auto verified = fresh.run("tenantctl audit verify");
  require_equal(verified.status, 0, verified.output);
}

Test(backup, half_a_backup_is_none_and_a_changed_one_is_named) {
  const TempFolder place;
  const auto dir = place.path() + "/backups";
  const PrivateStack stack;
  // What a power cut leaves.
  fs::create_directories(dir + "/tenantd-20990101T000000Z.partial");
  std::ofstream{dir + "/tenantd-20990101T000000Z.partial/database.sealed"} << "half";
  fs::create_directories(dir + "/tenantd-20990102T000000Z");
  expect_said(run_sealed(stack, "velvet", "backup verify " + dir), 1, "there is no whole backup");
  {
    const Descriptor held{::open(dir.c_str(), O_RDONLY | O_DIRECTORY)};
    require(::flock(held.get(), LOCK_EX) == 0, "a lock");
    expect_said(run_sealed(stack, "velvet", "backup " + dir), 1, "another backup into");
  }
  expect_said(run_sealed(stack, "velvet", "backup " + dir), 0, "made ");
  require(!fs::exists(dir + "/tenantd-20990101T000000Z.partial"), "what was cut short is removed");
  const auto names = names_in(dir);
  require_equal(names.size(), 2U);
  const auto made = dir + '/' + names[0];
  require_equal(names_in(made).size(), 4U, "manifest and three parts, and no password");
  require_equal(static_cast<int>(fs::status(made).permissions()), 0700);

  // It fails halfway: nothing is left that could be taken for one.
  const auto failing =
      run_program({"bash", "-c",
                   ". " + stack.dir() + "/environment && export BACKUP_PASSPHRASE=x KEYS_DIR=/nowhere && " +
                       setting("TENANTD_BUILD") + "/tenantctl backup " + dir});
  require_equal(failing.status, 1, failing.output);
  require_equal(names_in(dir).size(), 2U, "no third folder");

  const auto database = made + "/database.sealed";
  flip_byte(database, 1000);
  expect_said(run_sealed(stack, "velvet", "backup verify " + dir), 1, "database.sealed is damaged");
  flip_byte(database, 1000);
  expect_said(run_sealed(stack, "velvet", "backup verify " + made), 0, "is whole");
  flip_byte(made + "/manifest", 20);
  expect_said(run_sealed(stack, "velvet", "backup verify " + made), 1, "manifest");
  flip_byte(made + "/manifest", 20);

  // A second one, of which the older goes.
  wait_until("a second has passed", [&] {
    const auto again = run_sealed(stack, "velvet", "backup " + dir + " --keep 1");
    return again.status == 0 && again.output.find("removed " + made) != std::string::npos;
  });
  require(!fs::exists(made), "the older one is gone");
  for (const char* wrong :
       {"backup", "backup a b", "backup a --keep 0", "backup a --keep x", "restore", "restore a b"})
    require_equal(run_sealed(stack, "velvet", wrong).status, 64, wrong);
}
