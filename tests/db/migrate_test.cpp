// tenantctl migrate on a new database, twice at once, killed, and beside a service at work; on MariaDB and
// MySQL.
#include <criterion/criterion.h>

#include <signal.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "support/background.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/parallel.hpp"
#include "support/private_stack.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/db/migrate.hpp"

using namespace tenantd;
using namespace tenantd::test;

namespace {

std::string read(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  require(!text.empty(), path + " is not there");
  return text;
}

std::string sql_dir() { return setting("TENANTD_TOP") + "/sql"; }

class Fresh {
 public:
  Fresh() : db_(stack.database()) {}

  // No schema of the service's is left. (The accounts are.)
  void clear() {
    db_.run("DROP DATABASE IF EXISTS tenantd_app");
    db_.run("DROP DATABASE IF EXISTS tenantd");
  }
  std::int64_t number_of(const std::string& sql) {
    auto rows = db_.run_query(sql);
    require(rows.next(), sql);
    return rows.integer(0);
  }
  std::string text_of(const std::string& sql, unsigned column = 0) {
    auto rows = db_.run_query(sql);
    require(rows.next(), sql);
    return rows.text(column);
  }
  Finished migrate(const std::string& before = "") const {
    return run_program(
        {"bash", "-c",
         ". " + stack.dir() + "/environment; " + before + setting("TENANTD_BUILD") + "/tenantctl migrate"});
  }
  void expect_migrated(const std::string& said = "") {
    const auto migrated = migrate();
    require_equal(migrated.status, 0, migrated.output);
    require(migrated.output.find(said) != std::string::npos, migrated.output);
    require_equal(number_of("SELECT MAX(version) FROM tenantd.version"), db::kSchemaVersion);
  }
  bool has_lock() {
    return number_of(
               "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'tenantd' AND table_name "
               "= "
               "'migration_lock'") > 0;
  }
  db::Connection& db() { return db_; }

  PrivateStack stack;

 private:
  db::Connection db_;
};

// Each table, trigger and routine of the base tables' schema as the server shows it.
std::map<std::string, std::string> shape(Fresh& fresh) {
  std::map<std::string, std::string> found;
  fresh.db().run("USE tenantd");
  const auto add = [&](const std::string& kind, const std::string& list) {
    std::vector<std::string> names;
    auto rows = fresh.db().run_query(list);
    while (rows.next()) names.push_back(rows.text(0));
    for (const auto& name : names)
      found[kind + ' ' + name] =
          fresh.text_of("SHOW CREATE " + kind + " tenantd.`" + name + '`', kind == "TABLE" ? 1 : 2);
  };
  add("TABLE",
      "SELECT table_name FROM information_schema.tables WHERE table_schema = 'tenantd' AND table_type = "
      "'BASE TABLE'");
  add("TRIGGER", "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = 'tenantd'");
  for (const char* kind : {"PROCEDURE", "FUNCTION"})
    add(kind,
        std::string{
            "SELECT routine_name FROM information_schema.routines WHERE routine_schema = 'tenantd' AND "
            "routine_type = '"} +
            kind + "'");
  return found;
}

// The lines in order: the columns, keys and constraints of a table that grew stand otherwise than those of a
// new one.
std::string in_order(const std::string& text) {
  std::vector<std::string> lines;
  for (const auto line : split(text, '\n'))
    lines.emplace_back(line.substr(0, line.find_last_not_of(", ") + 1));
  std::sort(lines.begin(), lines.end());
  std::string joined;
  for (const auto& line : lines) joined += line + '\n';
  return joined;
}

// The folder of the SQL files with another text of every routine.
std::string changed_files(const PrivateStack& stack, const std::string& mark) {
  const auto dir = stack.dir() + "/sql-" + mark;
  std::filesystem::copy(sql_dir(), dir);
  for (const char* file : {"/views.sql", "/routines.sql"}) {
    auto text = read(dir + file);
    const auto replace = [&](const std::string& from, const std::string& to) {
      for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    };
    replace("\nEND//", "\n  DO '" + mark + "';\nEND//");
    replace("RETURN @tenantd_",
            "RETURN /*!" + std::string{mark == "a" ? "40000" : "40001"} + " */ @tenantd_");
    std::ofstream{dir + file} << text;
  }
  return dir;
}

}  // namespace

Test(migrate, a_new_database_begins_with_what_the_migrations_come_to) {
  if (on_mysql()) cr_skip_test("MySQL takes the texts of no migration before the baseline");
  Fresh fresh;
  const auto made = shape(fresh);
  fresh.clear();
  fresh.db().run("CREATE DATABASE tenantd CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci");
  const auto baseline = db::find_baseline(sql_dir());
  require(baseline.has_value(), "a baseline");
  for (const auto& migration : db::find_migrations(sql_dir()))
    if (migration.version <= baseline->version)
      for (const auto& statement : db::split_statements(read(migration.path))) fresh.db().run(statement);
  fresh.db().run(
      "CREATE TABLE tenantd.version (version BIGINT NOT NULL PRIMARY KEY, description VARCHAR(200) NOT NULL, "
      "created_at "
      "BIGINT NOT NULL) ENGINE = InnoDB");
  fresh.db().run("INSERT INTO tenantd.version VALUES (" + std::to_string(baseline->version) +
                 ", 'baseline', 1)");
  require_equal(fresh.migrate().status, 0);
  const auto grown = shape(fresh);
  for (const auto& [what, text] : made) {
    require(grown.contains(what), what + " is in the baseline alone");
    require_equal(in_order(grown.at(what)), in_order(text), what);
  }
  require_equal(grown.size(), made.size(), "things");
}

Test(migrate, a_baseline_that_was_cut_short_anywhere_is_run_again) {
  Fresh fresh;
  const auto whole = shape(fresh);
  const auto baseline = db::find_baseline(sql_dir());
  const auto all = db::split_statements(read(baseline->path));
  require(all.size() > 40, std::to_string(all.size()));
  for (const std::size_t done :
       {std::size_t{1}, std::size_t{2}, all.size() / 3, all.size() / 2, all.size() - 1, all.size()}) {
    // The round before has left the whole.
    fresh.db().run("DELETE FROM tenantd.version");
    // Tables of later migrations point to those that are dropped.
    fresh.db().run("SET foreign_key_checks = 0");
    for (std::size_t i = all.size(); i-- > done;)
      if (const auto at = all[i].find("tenantd."); all[i].starts_with("CREATE TABLE"))
        fresh.db().run("DROP TABLE " + all[i].substr(at, all[i].find(' ', at) - at));
    fresh.db().run("SET foreign_key_checks = 1");
    fresh.expect_migrated("applied " + std::to_string(baseline->version) + " baseline");
    require(shape(fresh) == whole, std::to_string(done) + " statements");
  }
}

Test(migrate, one_that_was_killed_on_a_new_database_is_run_again) {
  Fresh fresh;
  const auto whole = shape(fresh);
  for (const char* seconds : {"0.03", "0.1", "0.3", "0.6", "1"}) {
    fresh.clear();
    fresh.migrate("timeout -s KILL " + std::string{seconds} + ' ');
    // As if the lock had run out; that it does, another test says.
    if (fresh.has_lock()) fresh.db().run("UPDATE tenantd.migration_lock SET until_at = 0");
    fresh.expect_migrated();
    require(shape(fresh) == whole, std::string{"killed after "} + seconds + " s");
  }
  fresh.stack.restart();
  fresh.stack.take_the_suites_place();
  sign_up();
}

Test(migrate, of_two_at_once_one_migrates_and_the_other_finds_nothing_to_do) {
  Fresh fresh;
  fresh.clear();
  const auto said = at_once(2, [&](std::size_t) { return fresh.migrate(); });
  int applied = 0, found_done = 0;
  for (const auto& each : said) {
    require_equal(each.status, 0, each.output);
    applied += each.output.find(" baseline in ") != std::string::npos;
    found_done += each.output.find("schema is up to date") != std::string::npos;
  }
  require_equal(applied, 1, said[0].output + said[1].output);
  require_equal(found_done, 1, said[0].output + said[1].output);
}

// The row of one that was killed counts until its time is over, and no longer.
Test(migrate, who_waits_for_one_that_was_killed_takes_over_when_its_word_stays_away) {
  Fresh fresh;
  db::Connection holder{fresh.stack.database()};
  // The killed one hangs on this table, so that it is killed in the midst of its work.
  holder.run("LOCK TABLES tenantd.version WRITE");
  fresh.db().run("UPDATE tenantd.migration_lock SET until_at = 0");
  {
    const auto pid_file = fresh.stack.dir() + "/first.pid";
    const Background first{"migrate-first",
                           {"bash", "-c",
                            ". " + fresh.stack.dir() + "/environment; echo $$ >" + pid_file + "; exec " +
                                setting("TENANTD_BUILD") + "/tenantctl migrate"}};
    wait_until("the first has the lock", [&] {
      return fresh.number_of(
                 "SELECT COUNT(*) FROM tenantd.migration_lock WHERE owner <> '' AND until_at > "
                 "UNIX_TIMESTAMP()") == 1;
    });
    require_equal(::kill(std::stoi(read(pid_file)), SIGKILL), 0);
  }
  const auto owner = fresh.text_of("SELECT owner FROM tenantd.migration_lock");
  require(!owner.empty(), "the row says who has it");
  holder.run("UNLOCK TABLES");
  const auto second = fresh.migrate();
  require_equal(second.status, 0, second.output);
  require(second.output.find("waiting for the migration of " + owner) != std::string::npos, second.output);
  require_equal(fresh.text_of("SELECT owner FROM tenantd.migration_lock"), "");
}

Test(migrate, a_routine_is_made_again_only_if_it_is_another) {
  Fresh fresh;
  const std::string made_at =
      "SELECT GROUP_CONCAT(routine_schema, routine_name, ' ', created ORDER BY routine_schema, routine_name) "
      "FROM "
      "information_schema.routines WHERE routine_schema LIKE 'tenantd%'";
  fresh.db().run("SET SESSION group_concat_max_len = 100000");
  const auto before = fresh.text_of(made_at);
  wait_until("a second has passed", [&] {
    return fresh.number_of(
               "SELECT UNIX_TIMESTAMP() - UNIX_TIMESTAMP(MAX(created)) FROM information_schema.routines "
               "WHERE routine_schema = 'tenantd_app'") > 1;
  });
  fresh.expect_migrated("schema is up to date");
  require_equal(fresh.text_of(made_at), before);
  // Somebody's own hand: it is put right, and so are the rights that went with it.
  fresh.db().run("DROP PROCEDURE tenantd_app.enter_scope");
  fresh.db().run(
      "CREATE PROCEDURE tenantd_app.enter_scope(IN p_org BINARY(16), IN p_user BINARY(16), IN p_super "
      "BOOLEAN) SET @tenantd_super = TRUE");
  fresh.expect_migrated();
  require(fresh.text_of("SHOW CREATE PROCEDURE tenantd_app.enter_scope", 2).find("@tenantd_org = p_org") !=
              std::string::npos,
          "as in views.sql");
  require_equal(fresh.stack.run("tenantctl doctor").status, 0);
}

Test(migrate, a_service_at_work_fails_no_request_while_every_routine_is_replaced) {
  Fresh fresh;
  fresh.stack.take_the_suites_place();
  const auto owner = sign_up();
  const auto first = changed_files(fresh.stack, "a"), second = changed_files(fresh.stack, "b");
  std::atomic<bool> done = false;
  std::atomic<int> answered = 0;
  const auto replies = at_once(5, [&](std::size_t i) -> std::string {
    if (i == 0) {
      std::string failed;
      for (const auto& dir : {first, second, first}) {
        const auto migrated = fresh.migrate("SQL_DIR=" + dir + ' ');
        if (migrated.status != 0) failed += migrated.output;
      }
      done = true;
      return failed;
    }
    std::string failed;
    auto client = owner.client();
    while (!done) {
      const auto reply = i % 2 == 0
                             ? client.get("/api/v1/members?include_total=true")
                             : client.post("/api/v1/warehouses", object({{"name", fresh_name("yard")}}));
      ++answered;
      if (reply.status >= 300)
        failed += reply.describe() + '\n' +
                  run_program({"grep", "-rh", reply.text("/request_id"), fresh.stack.dir() + "/log"}).output;
    }
    return failed;
  });
  for (const auto& failed : replies) require_equal(failed, "");
  require(answered > 50, std::to_string(answered) + " requests");
}
