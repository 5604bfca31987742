#include "tenantd/db/migrate.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <thread>

#include "definitions.hpp"
#include "migration_lock.hpp"
#include "sql_text.hpp"
#include "tenantd/db/error.hpp"
#include "tenantd/db/grants.hpp"
#include "tenantd/db/readiness.hpp"
#include "tenantd/db/server.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::db {
namespace {

constexpr Sql kRecord{
    "version.insert",
    "INSERT INTO tenantd.version (version, description, created_at, serves_from) VALUES (?, ?, ?, ?)"};
constexpr std::chrono::seconds kPatience{300};
constexpr int kStatementSeconds = 3600, kLockSeconds = 5;
// A statement that changes a table waits for those who use it, and all who come after wait for it: the
// service stands still meanwhile. So it gives up soon, lets them pass, and tries again.
constexpr int kTableWaitSeconds = 1;
constexpr std::chrono::milliseconds kBetweenTries{500};
constexpr std::int64_t kTriesUs = 300'000'000;

constexpr const char* kSchema =
    "CREATE DATABASE IF NOT EXISTS tenantd CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci";

// What must be there before the first migration, and what migrate keeps about itself.
constexpr std::array kBootstrap = {
    "CREATE DATABASE IF NOT EXISTS tenantd_app CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
    // Defines the views; nobody signs in to it.
    "CREATE USER IF NOT EXISTS tenantd_owner@localhost ACCOUNT LOCK",
    "GRANT ALL ON tenantd.* TO tenantd_owner@localhost",
    "GRANT ALL ON tenantd_app.* TO tenantd_owner@localhost",
    "CREATE TABLE IF NOT EXISTS tenantd.version (version BIGINT NOT NULL PRIMARY KEY, description "
    "VARCHAR(200) NOT NULL, "
    "created_at BIGINT NOT NULL, serves_from BIGINT NULL) ENGINE = InnoDB",
    "CREATE TABLE IF NOT EXISTS tenantd.definition (kind VARCHAR(16) CHARACTER SET ascii NOT NULL, name "
    "VARCHAR(128) CHARACTER SET ascii NOT NULL, text_hash BINARY(32) NOT NULL, shown_hash BINARY(32) NOT "
    "NULL, PRIMARY KEY (kind, name)) ENGINE = InnoDB",
};
// Of a table that an older program has made.
constexpr const char* kServesFromColumn =
    "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = 'tenantd' AND table_name = "
    "'version' AND column_name = 'serves_from'";
constexpr const char* kHostView =
    "SELECT COUNT(*) FROM information_schema.views WHERE table_schema = 'tenantd_app' AND table_name = "
    "'host'";
constexpr const char* kAddServesFrom = "ALTER TABLE tenantd.version ADD serves_from BIGINT NULL";
// Tables that are there without any migration.
constexpr const char* kOwnTables = "('version', 'definition', 'migration_lock')";
// Says that a baseline has begun, so that it goes on after it was cut short.
constexpr const char* kBeginMigration =
    "REPLACE INTO tenantd.definition (kind, name, text_hash, shown_hash) VALUES ('BASELINE', '', '', '')";

ConnectOptions administrator(const Settings& settings, int timeout_seconds) {
  auto options = connect_options(settings, settings.db_admin_user, settings.db_admin_password, "");
  options.timeout_seconds = timeout_seconds;
  options.lock_wait_seconds = kTableWaitSeconds;
  return options;
}

class Runner {
 public:
  Runner(const Settings& settings, const MigrateOptions& options)
      : settings_(settings), options_(options), db_(administrator(settings, kStatementSeconds)) {}

  int run() {
    const auto migrations = find_migrations(settings_.sql_dir);
    require_sound_server(db_);
    db_.run("SET SESSION lock_wait_timeout = " + std::to_string(kTableWaitSeconds));
    if (!options_.dry_run) {
      lock();
      for (const auto* statement : kBootstrap) execute(statement);
      if (number(kServesFromColumn) == 0) alter(kAddServesFrom);
    }
    const bool is_first = begin();
    int count = is_first ? 1 : 0;
    const auto applied = version_;
    if (applied > migrations.back().version) return leave(migrations.back().version);
    bool breaks = false;
    for (const auto& migration : migrations) {
      if (migration.version <= applied) continue;
      ++count;
      const auto serves = serves_from(migration).value_or(migration.version);
      if (!breaks && applied > 0 && !is_first && serves > applied) tell_break(migration);
      breaks |= serves > applied;
      apply(migration);
    }
    if (!options_.dry_run) refresh();
    if (count == 0) say("schema is up to date (version " + std::to_string(applied) + ")");
    return count;
  }

 private:
  void say(const std::string& line) const {
    if (options_.progress) options_.progress(line);
  }

  // A newer release's, which has its own views and rights.
  int leave(std::int64_t known) {
    const auto serves = number(
        "SELECT COALESCE(MAX(COALESCE(serves_from, version)), 0) FROM tenantd.version WHERE version > " +
        std::to_string(known));
    const auto newer = "the schema is at version " + std::to_string(version_) +
                       ", newer than this release, which knows " + std::to_string(known);
    if (serves > known)
      throw std::runtime_error(
          newer + ", and serves programs from " + std::to_string(serves) +
          " on: install the release that has migrated it, or restore the backup of before");
    say(newer + "; it serves this release, so nothing is changed");
    return 0;
  }

  void tell_break(const Migration& migration) {
    if (!options_.before_break || options_.dry_run) return;
    // Without the views, as after a first migration that was cut off, no program has ever run.
    if (number(kHostView) > 0) options_.before_break(migration);
  }

  void lock() {
    // Not even tried where it is there: a cluster would carry it out on every node, before anybody has the
    // lock.
    if (number("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = 'tenantd'") == 0)
      db_.run(kSchema);
    make_migration_lock(db_);
    lock_.emplace(administrator(settings_, kLockSeconds), kPatience,
                  [this](const std::string& owner) { say("waiting for the migration of " + owner); });
  }

  // Nothing is changed once somebody else may be at it.
  void execute(const std::string& statement) {
    const auto began = monotonic_microseconds();
    for (;;) {
      lock_->check();
      try {
        return db_.run(statement);
      } catch (const LockTimeout&) {
        if (monotonic_microseconds() - began < kTriesUs) {
          std::this_thread::sleep_for(kBetweenTries);
          continue;
        }
        throw std::runtime_error("others use the table without a pause: run it again at a calmer time. (" +
                                 statement.substr(0, 80) + " …)");
      }
    }
  }

  std::int64_t number(const std::string& query) {
    auto rows = db_.run_query(query);
    rows.next();
    return rows.integer(0);
  }
  bool has_table(const std::string& name) {
    return number(
               "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'tenantd' AND "
               "table_name = '" +
               name + "'") > 0;
  }

  // True if the migrations do not begin with the first: nothing was there, or a baseline was cut short.
  bool is_new() {
    const bool begun = has_table("definition") &&
                       number("SELECT COUNT(*) FROM tenantd.definition WHERE kind = 'BASELINE'") > 0;
    std::string others =
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'tenantd' AND table_name NOT "
        "IN ";
    others += kOwnTables;
    return begun || number(others) == 0;
  }

  // Sets version_; returns true if it did so by a baseline.
  bool begin() {
    if (has_table("version")) version_ = number("SELECT COALESCE(MAX(version), 0) FROM tenantd.version");
    if (version_ > 0) return false;
    const auto baseline = find_baseline(settings_.sql_dir);
    if (baseline && is_new()) {
      if (!options_.dry_run) execute(kBeginMigration);
      apply(*baseline);
      version_ = baseline->version;
      return true;
    }
    if (db_.engine() == Engine::mysql)
      throw std::runtime_error("the schema tenantd on this MySQL holds tables of somebody else");
    return false;
  }

  void apply(const Migration& migration) {
    const std::string label = std::to_string(migration.version) + " " + migration.name;
    if (options_.dry_run) {
      say("would apply " + label);
      return;
    }
    const auto started = monotonic_microseconds();
    run_file(migration.path);
    db_.execute(kRecord, migration.version, migration.name, now(), serves_from(migration));
    say("applied " + label + " in " + std::to_string((monotonic_microseconds() - started) / 1000) + " ms");
  }

  void refresh() {
    for (const auto& account : service_accounts(settings_)) ensure_account(account);
    run_file(settings_.sql_dir + "/routines.sql");
    run_file(settings_.sql_dir + "/views.sql");
    run_file(settings_.sql_dir + "/grants.sql");
    // After the grants, so that nobody who is at work lacks a right in between.
    bool revoked = false;
    for (const auto& account : service_accounts(settings_)) revoked |= revoke_what_is_not_wanted(account);
    // Taking back a right to a whole table takes those to its columns along.
    if (revoked) run_file(settings_.sql_dir + "/grants.sql");
  }

  bool revoke_what_is_not_wanted(const ServiceAccount& account) {
    const auto wanted = wanted_grants(settings_, account.name);
    bool revoked = false;
    for (const auto& grant : granted(db_, account.account)) {
      if (wanted.contains(grant)) continue;
      say("revoked from " + account.user + ": " + grant.text());
      execute(revocation(grant) + account.account);
      revoked = true;
    }
    return revoked;
  }

  static std::string revocation(const Grant& grant) {
    if (grant.privilege == "ROLE") return "REVOKE `" + replace_all(grant.object, "@", "`@`") + "` FROM ";
    auto object = grant.object;
    if (const auto dot = object.find('.'); object != "*.*")
      object = '`' + object.substr(0, dot) +
               (object.ends_with(".*") ? "`.*" : "`.`" + object.substr(dot + 1) + '`');
    return "REVOKE " + grant.privilege + (grant.column.empty() ? "" : " (`" + grant.column + "`)") + " ON " +
           grant.kind + ' ' + object + " FROM ";
  }

  // An existing account gets the password of the settings: that is how one is changed.
  void ensure_account(const ServiceAccount& wanted) {
    const std::string& name = wanted.account;
    const std::string way = wanted.password.empty() ? std::string{socket_login(db_.engine())}
                                                    : " IDENTIFIED BY " + quote(wanted.password.reveal());
    try {
      execute("CREATE USER IF NOT EXISTS " + name + way);
      execute("ALTER USER " + name + way);
    } catch (const std::exception&) {
      // The driver's words would repeat the statement, with the password.
      throw std::runtime_error("the account " + name + " could not be created or changed by " +
                               settings_.db_admin_user);
    }
  }

  std::string with_accounts(std::string text) const {
    for (const auto& account : service_accounts(settings_))
      text = replace_all(std::move(text), "{{" + std::string{account.name} + "}}", account.account);
    return text;
  }

  void run_file(const std::string& path) {
    for (const auto& statement : read_statements(path)) {
      try {
        run_statement(statement);
      } catch (const ApiError& e) {
        throw std::runtime_error(path + ": " + e.log_detail());
      } catch (const std::exception& e) {
        throw std::runtime_error(path + ": " + e.what());
      }
    }
  }

  void run_statement(const std::string& statement) {
    const auto definition = parse_definition(statement);
    if (statement.starts_with("ALTER TABLE ")) return alter(statement);
    if (!definition) return execute(with_accounts(statement));
    lock_->check();
    Definitions definitions{db_};
    if (definitions.stands(*definition, statement)) return;
    if (definitions.replace(*definition, statement, [this](const std::string& each) { execute(each); }))
      give_back_rights(*definition);
    definitions.note(*definition, statement);
  }

  void alter(const std::string& statement) {
    try {
      execute(statement);
    } catch (const StatementError& e) {
      if (!was_done_before(e.number)) throw;
    }
  }

  // At once: who calls it meanwhile tries again for a moment.
  void give_back_rights(const Definition& definition) {
    for (const auto& statement : read_statements(settings_.sql_dir + "/grants.sql")) {
      const auto grants = parse_grant(statement);
      const bool concerns = std::any_of(grants.begin(), grants.end(), [&](const Grant& grant) {
        return grant.kind == definition.kind && grant.object == definition.name;
      });
      if (concerns) execute(with_accounts(statement));
    }
  }

  const Settings& settings_;
  const MigrateOptions& options_;
  Connection db_;
  std::optional<MigrationLock> lock_;
  std::int64_t version_ = 0;
};

}  // namespace

int migrate(const Settings& settings, const MigrateOptions& options) {
  return Runner{settings, options}.run();
}

}  // namespace tenantd::db
