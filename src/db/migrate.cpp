#include "tenantd/db/migrate.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sql_text.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/db/grants.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::db {
namespace {

constexpr Sql kVersion{"version.newest", "SELECT COALESCE(MAX(version), 0) FROM version"};
constexpr Sql kRecord{"version.insert",
                      "INSERT INTO tenantd.version (version, description, created_at) VALUES (?, ?, ?)"};
constexpr int kLockSeconds = 300;

// What must be there before the first migration.
constexpr std::array kBootstrap = {
    "CREATE DATABASE IF NOT EXISTS tenantd CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
    "CREATE DATABASE IF NOT EXISTS tenantd_app CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
    // Defines the views; nobody signs in to it.
    "CREATE USER IF NOT EXISTS tenantd_owner@localhost ACCOUNT LOCK",
    "GRANT ALL ON tenantd.* TO tenantd_owner@localhost",
    "GRANT ALL ON tenantd_app.* TO tenantd_owner@localhost",
    "CREATE TABLE IF NOT EXISTS tenantd.version (version BIGINT NOT NULL PRIMARY KEY, description "
    "VARCHAR(200) NOT NULL, "
    "created_at BIGINT NOT NULL) ENGINE = InnoDB",
};

class Runner {
 public:
  Runner(const Settings& settings, const MigrateOptions& options)
      : settings_(settings),
        options_(options),
        db_({settings.db_socket, settings.db_host, static_cast<int>(settings.db_port), settings.db_admin_user,
             settings.db_admin_password, "", 3600}) {}

  int run() {
    const auto migrations = find_migrations(settings_.sql_dir);
    lock();
    if (!options_.dry_run)
      for (const auto* statement : kBootstrap) db_.run(statement);
    const auto applied = applied_version();
    int count = 0;
    for (const auto& migration : migrations) {
      if (migration.version <= applied) continue;
      ++count;
      apply(migration);
    }
    if (!options_.dry_run) refresh();
    if (count == 0) say("schema is up to date (version " + std::to_string(applied) + ")");
    db_.run("DO RELEASE_LOCK('tenantd.migrate')");
    return count;
  }

 private:
  void say(const std::string& line) const {
    if (options_.progress) options_.progress(line);
  }

  void lock() {
    auto rows = db_.run_query("SELECT GET_LOCK('tenantd.migrate', " + std::to_string(kLockSeconds) + ")");
    if (!rows.next() || rows.is_null(0) || !rows.flag(0))
      throw std::runtime_error("another migration has been running for " + std::to_string(kLockSeconds) +
                               " seconds; try again when it is done");
  }

  std::int64_t applied_version() {
    auto exists = db_.run_query(
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'tenantd' AND table_name = "
        "'version'");
    exists.next();
    if (exists.integer(0) == 0) return 0;
    auto rows = db_.run_query("SELECT COALESCE(MAX(version), 0) FROM tenantd.version");
    rows.next();
    return rows.integer(0);
  }

  void apply(const Migration& migration) {
    const std::string label = std::to_string(migration.version) + " " + migration.name;
    if (options_.dry_run) {
      say("would apply " + label);
      return;
    }
    const auto started = monotonic_microseconds();
    run_file(migration.path);
    db_.execute(kRecord, migration.version, migration.name, now());
    say("applied " + label + " in " + std::to_string((monotonic_microseconds() - started) / 1000) + " ms");
  }

  void refresh() {
    run_file(settings_.sql_dir + "/views.sql");
    for (const auto& account : service_accounts(settings_)) ensure_account(account);
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
      db_.run(revocation(grant) + account.account);
      revoked = true;
    }
    return revoked;
  }

  static std::string revocation(const Grant& grant) {
    if (grant.privilege == "ROLE") return "REVOKE `" + grant.object + "` FROM ";
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
    const std::string way = wanted.password.empty() ? " IDENTIFIED VIA unix_socket"
                                                    : " IDENTIFIED BY " + quote(wanted.password.reveal());
    try {
      db_.run("CREATE USER IF NOT EXISTS " + name + way);
      db_.run("ALTER USER " + name + way);
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
        db_.run(with_accounts(statement));
      } catch (const ApiError& e) {
        throw std::runtime_error(path + ": " + e.log_detail());
      } catch (const std::exception& e) {
        throw std::runtime_error(path + ": " + e.what());
      }
    }
  }

  const Settings& settings_;
  const MigrateOptions& options_;
  Connection db_;
};

}  // namespace

std::int64_t schema_version(Txn& txn) {
  auto rows = txn.query(kVersion);
  rows.next();
  return rows.integer(0);
}

std::vector<Migration> find_migrations(const std::string& dir) {
  std::error_code error;
  std::vector<Migration> found;
  for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
    const std::string file = entry.path().filename().string();
    const auto number = parse_int(file.substr(0, std::min<std::size_t>(4, file.size())));
    if (!number || file.size() < 10 || file[4] != '_' || !file.ends_with(".sql")) continue;
    found.push_back({*number, file.substr(5, file.size() - 9), entry.path().string()});
  }
  if (error) throw std::runtime_error(dir + " cannot be read: set SQL_DIR to the folder of the migrations");
  if (found.empty()) throw std::runtime_error(dir + " holds no migrations: set SQL_DIR to their folder");
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.version < b.version; });
  const auto twice = std::adjacent_find(found.begin(), found.end(),
                                        [](const auto& a, const auto& b) { return a.version == b.version; });
  if (twice != found.end()) throw std::runtime_error("two migrations have the number of " + twice->path);
  return found;
}

int migrate(const Settings& settings, const MigrateOptions& options) {
  return Runner{settings, options}.run();
}

}  // namespace tenantd::db
