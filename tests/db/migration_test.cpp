// From version 1 of the schema to this one, on data that the program of version 1 left behind: on MariaDB,
// the one server that it knew. A new database, on either server, is migrate_test.cpp's.
#include <criterion/criterion.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "../../src/db/dialect.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/private_stack.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/db/migrate.hpp"

using namespace tenantd;
using namespace tenantd::test;

namespace {

constexpr const char* kFrozen = "sql/0001_core.sql";
constexpr const char* kNeverOnMysql = "no program of version 1 has run on MySQL";

std::string read(const std::string& file) {
  std::ifstream in{setting("TENANTD_TOP") + '/' + file, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  require(!text.empty(), file + " is not there");
  return text;
}

std::vector<std::string> statements(const std::string& file) { return db::split_statements(read(file)); }

// A table and its columns, as a query for how many rows it has and what they sum up to.
using Columns = std::map<std::string, std::string>;

Columns columns_of(db::Connection& db) {
  Columns found;
  auto rows = db.run_query(
      "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'tenantd' "
      "ORDER BY 1, ordinal_position");
  while (rows.next())
    if (rows.text(0) != "version") found[rows.text(0)] += ", COALESCE(HEX(`" + rows.text(1) + "`), '-')";
  return found;
}

std::map<std::string, std::string> sums(db::Connection& db, const Columns& columns) {
  std::map<std::string, std::string> found;
  for (const auto& [table, list] : columns) {
    auto rows = db.run_query("SELECT COUNT(*), COALESCE(BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS('|'" + list +
                             "), 256), 16), 16, 10) AS UNSIGNED)), 0) FROM `" + table + '`');
    rows.next();
    found[table] = rows.text(0) + " rows, " + rows.text(1);
  }
  return found;
}

// An instance whose database is put back to version 1 as often as one likes.
class OldDatabase {
 public:
  OldDatabase() : db_(stack.database()) {}

  void put_back() {
    db_.run("DROP DATABASE IF EXISTS tenantd_app");
    db_.run("DROP DATABASE IF EXISTS tenantd");
    db_.run("CREATE DATABASE tenantd CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci");
    db_.run("USE tenantd");
    db_.run(
        "CREATE TABLE version (version BIGINT NOT NULL PRIMARY KEY, description VARCHAR(200) NOT NULL, "
        "created_at BIGINT NOT NULL) ENGINE = InnoDB");
    for (const auto& statement : statements(kFrozen)) db_.run(statement);
    for (const auto& statement : statements("tests/data/version_1.sql")) db_.run(statement);
    columns_ = columns_of(db_);
    before_ = sums(db_, columns_);
    require_equal(before_.at("user").substr(0, 7), "14 rows", "the data of version 1");
  }
  void expect_unchanged(const std::string& after) {
    for (const auto& [table, sum] : sums(db_, columns_))
      require_equal(sum, before_.at(table), table + " after " + after);
  }
  std::int64_t number_of(const std::string& sql) {
    auto rows = db_.run_query(sql);
    rows.next();
    return rows.integer(0);
  }
  void expect_migrated() {
    const auto migrated = stack.run("tenantctl migrate");
    require_equal(migrated.status, 0, migrated.output);
    require(migrated.output.find("applied 2 identity") != std::string::npos, migrated.output);
    require_equal(number_of("SELECT MAX(version) FROM version"), db::kSchemaVersion);
  }
  // As if the lock of a migration that died had run out.
  void end_lease() {
    if (number_of(
            "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'tenantd' AND table_name "
            "= 'migration_lock'") > 0)
      db_.run("UPDATE migration_lock SET until_at = 0");
  }
  // As if it had been applied.
  void record(const db::Migration& file) {
    db_.run("INSERT INTO version (version, description, created_at) VALUES (" + std::to_string(file.version) +
            ", '" + file.name + "', 1)");
  }
  // As migrate does: an ALTER whose clauses were done before is done.
  void run(const std::string& statement) {
    try {
      db_.run(statement);
    } catch (const db::StatementError& e) {
      if (!statement.starts_with("ALTER TABLE ") || !db::was_done_before(e.number)) throw;
    }
  }
  db::Connection& db() { return db_; }

  PrivateStack stack;

 private:
  db::Connection db_;
  Columns columns_;
  std::map<std::string, std::string> before_;
};

Response sign_in_at(const PrivateStack& stack, const std::string& email) {
  return stack.client().post("/signin", object({{"email", email}, {"password", kPassword}}));
}

}  // namespace

// Databases that were made by them are out there: a change would reach none of them.
Test(migration, earlier_migrations_are_frozen) {
  require_equal(to_hex(crypto::sha256(read(kFrozen))),
                "2ed4cd62e7d471bdebd1454cb80443152036da16fabc62cab48858d85a5f103d");
  require_equal(to_hex(crypto::sha256(read("sql/0002_identity.sql"))),
                "6180b16a49d0895c28e18357beb9199688a5ae3292c51d3c6474189f405ba1b8");
  require_equal(to_hex(crypto::sha256(read("sql/0003_enterprise.sql"))),
                "11a62ae04c03feea98379df6f8f3b6d6ea7f290479e47b102cc3f28dd18d189d");
  require_equal(to_hex(crypto::sha256(read("sql/0004_business.sql"))),
                "cc2f7e18bdbb490bca07f18ecb698367103410b353c8c0a9654ebb3f24774df1");
  require_equal(to_hex(crypto::sha256(read("sql/0005_growth.sql"))),
                "28dd3a3a5b0f1bfa6505e73b425f9705fab4516ea4b779825b11f7b396466654");
  require_equal(to_hex(crypto::sha256(read("sql/0006_mail.sql"))),
                "8f416092a4f0d255a6b0e3143d8c5afe8a56655e3b937893449552abf08e0d5a");
  require_equal(to_hex(crypto::sha256(read("sql/0007_flows.sql"))),
                "32d96c848e6fcccbdfee5f8c00a64ad7c1130cc3f41c515d500fd1e50a98dde6");
  require_equal(to_hex(crypto::sha256(read("sql/0008_turns.sql"))),
                "6d975887f1f008f4a78407dfcf74ffafd99a1b16db92f76328e337f941d13ffa");
  require_equal(to_hex(crypto::sha256(read("sql/0009_rights.sql"))),
                "c1c655614f1c4396c341acd6f8b4a8582093bfcb22e475c9304badbfd86d6537");
  require_equal(to_hex(crypto::sha256(read("sql/0010_sessions.sql"))),
                "9d5535d5efb2bbb2ceacf3dcec5a019ffe49a9c34d68c41a785fe6673280d582");
}

Test(migration, every_row_of_version_1_is_kept_as_it_was) {
  if (on_mysql()) cr_skip_test("%s", kNeverOnMysql);
  OldDatabase old;
  old.put_back();
  old.expect_migrated();
  old.expect_unchanged("the migration");
  // The numbers that triggers keep are those of the members, and the triggers still keep them.
  const std::string wrong_totals =
      "SELECT COUNT(*) FROM member_total t WHERE members <> (SELECT COUNT(*) FROM member m WHERE m.org_id = "
      "t.org_id AND m.status = t.status AND t.block IN (-1, m.created_at >> 22))";
  const std::string wrong_counts =
      "SELECT COUNT(*) FROM member_count c WHERE members <> (SELECT COUNT(*) FROM member m WHERE m.org_id = "
      "c.org_id AND m.status = c.status AND m.role_id = c.role_id AND c.block IN (-1, m.created_at >> 22))";
  require_equal(old.number_of(wrong_totals) + old.number_of(wrong_counts), 0);
  // So is what they keep since version 15: when each joined, and what a search looks through.
  const std::string wrong_times =
      "SELECT COUNT(*) FROM member_count WHERE block = -1 AND COALESCE(CHAR_LENGTH(times) - "
      "CHAR_LENGTH(REPLACE(times, ',', '')), -1) <> members";
  const std::string unsearched =
      "SELECT COUNT(*) FROM member m LEFT JOIN member_text t ON t.org_id = m.org_id AND t.created_at = "
      "m.created_at AND t.user_id = m.user_id AND t.role_id = m.role_id AND t.status = m.status "
      "WHERE t.words IS NULL";
  require_equal(old.number_of(wrong_times) + old.number_of(unsearched), 0);
  old.db().run("UPDATE member SET status = 1 WHERE status = 0 LIMIT 1");
  old.db().run("DELETE FROM member WHERE status = 0 LIMIT 1");
  require_equal(old.number_of(wrong_totals) + old.number_of(wrong_counts), 0);
  require_equal(old.number_of(wrong_times) + old.number_of(unsearched), 0);

  const auto again = old.stack.run("tenantctl migrate");
  require_equal(again.status, 0, again.output);
  require(again.output.find("schema is up to date (version " + std::to_string(db::kSchemaVersion) + ')') !=
              std::string::npos,
          again.output);
}

// Each file is cut short after its first statement, run again and cut short after its second, and so on. The
// last of all is done as a whole, and only not written down.
Test(migration, one_that_was_cut_short_anywhere_is_run_again) {
  if (on_mysql()) cr_skip_test("%s", kNeverOnMysql);
  OldDatabase old;
  old.put_back();
  const auto files = db::find_migrations(setting("TENANTD_TOP") + "/sql");
  require_equal(files.back().version, db::kSchemaVersion);
  for (const auto& file : files) {
    if (file.version == 1) continue;
    const auto all = statements("sql/" + std::filesystem::path{file.path}.filename().string());
    for (std::size_t done = 1; done <= all.size(); ++done) {
      for (std::size_t i = 0; i < done; ++i) old.run(all[i]);
      old.expect_unchanged(std::to_string(done) + " statements of " + file.name);
    }
    if (file.version < db::kSchemaVersion) old.record(file);
  }
  const auto migrated = old.stack.run("tenantctl migrate");
  require_equal(migrated.status, 0, migrated.output);
  require(migrated.output.find("applied " + std::to_string(db::kSchemaVersion) + ' ') != std::string::npos,
          migrated.output);
  old.expect_unchanged("all of it");
  old.stack.restart();
  expect(sign_in_at(old.stack, "ann@example.com"), 200);
}

Test(migration, one_that_was_killed_is_run_again) {
  if (on_mysql()) cr_skip_test("%s", kNeverOnMysql);
  OldDatabase old;
  for (const char* seconds : {"0.02", "0.05", "0.1", "0.2"}) {
    old.put_back();
    run_program({"bash", "-c",
                 ". " + old.stack.dir() + "/environment; timeout -s KILL " + seconds + ' ' +
                     setting("TENANTD_BUILD") + "/tenantctl migrate"});
    old.end_lease();
    const auto migrated = old.stack.run("tenantctl migrate");
    require_equal(migrated.status, 0, migrated.output);
    require_equal(old.number_of("SELECT MAX(version) FROM version"), db::kSchemaVersion);
    old.expect_unchanged(std::string{"a migration killed after "} + seconds + " s");
  }
}

Test(migration, the_service_knows_the_people_of_version_1) {
  if (on_mysql()) cr_skip_test("%s", kNeverOnMysql);
  OldDatabase old;
  old.put_back();
  old.expect_migrated();
  old.stack.restart();
  const auto ann = sign_in_at(old.stack, "ann@example.com");
  expect(ann, 200);
  require_equal(ann.text("/organization/slug"), "acme");
  require_equal(ann.text("/organization/role"), "owner");
  require_equal(ann.text("/user/profile/name"), "Ann \u00c4ngstr\u00f6m");
  require(!ann.at("/user/mfa_enabled").GetBool(), "a second factor out of nowhere");
  auto client = old.stack.client();
  client.bearer(ann.text("/access_token"));
  require_equal(client.get("/api/v1/members?include_total=true").number("/total"), 6);
  expect(client.post("/invite_member", object({{"email", "new@example.com"}, {"role", "viewer"}})), 201);
  expect_problem(client.post("/invite_member", object({{"email", "pending@example.com"}})), 409,
                 "invite_pending");

  const auto zoe = sign_in_at(old.stack, "zoe@example.com");
  auto both = old.stack.client();
  both.bearer(zoe.text("/access_token"));
  const auto organizations = both.get("/users/list_orgs");
  require_equal(organizations.size("/items"), 2U);
  require_equal(organizations.text("/items/0/role") + ' ' + organizations.text("/items/1/role"),
                "owner viewer");

  // The holder of a custom role may what it says, and no more.
  auto auditor = old.stack.client();
  auditor.bearer(sign_in_at(old.stack, "member@acme.example.com").text("/access_token"));
  expect(auditor.get("/api/v1/members"), 200);
  expect_problem(auditor.del("/delete", object({{"user_id", ann.text("/user/id")}})), 403, "forbidden");
  // A deactivated account, one without a password, one whose membership was ended.
  for (const char* email : {"manager@zenith.example.com", "viewer@acme.example.com"})
    expect_problem(sign_in_at(old.stack, email), 401, "invalid_credentials");
  require(sign_in_at(old.stack, "manager@acme.example.com").at("/organization").IsNull(), "a member again");
}
