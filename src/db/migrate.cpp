#include "tenantd/db/migrate.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tenantd/base/text.hpp"
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

std::string read_file(const std::string& path) {
  std::ifstream file{path};
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) throw std::runtime_error(path + " cannot be read");
  return text.str();
}

std::string quote(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

// Accounts are local unless the database is reached over the network.
std::string account(const Settings& settings, const std::string& user) {
  return quote(user) + "@" + quote(settings.db_host.empty() ? "localhost" : "%");
}

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// Returns the length of the comment that begins at `i`, or 0: "-- ", "#" to the line's end, "/* */" unless
// the server shall read it ("/*!", "/*M!").
std::size_t comment_length(const std::string& text, std::size_t i) {
  const bool dashes = text.compare(i, 2, "--") == 0 &&
                      (i + 2 == text.size() || std::isspace(static_cast<unsigned char>(text[i + 2])));
  if (dashes || text[i] == '#') return std::min(text.find('\n', i), text.size()) - i;
  if (text.compare(i, 2, "/*") != 0 || text.compare(i, 3, "/*!") == 0 || text.compare(i, 4, "/*M!") == 0)
    return 0;
  const auto end = text.find("*/", i + 2);
  return end == std::string::npos ? text.size() - i : end + 2 - i;
}

// Returns the length of the quoted text that begins at `i`, or 0. A backslash escapes except within
// backticks; a doubled quote is two texts side by side, which comes to the same.
std::size_t quoted_length(const std::string& text, std::size_t i) {
  const char mark = text[i];
  if (mark != '\'' && mark != '"' && mark != '`') return 0;
  std::size_t end = i + 1;
  while (end < text.size() && text[end] != mark) end += text[end] == '\\' && mark != '`' ? 2 : 1;
  return std::min(end + 1, text.size()) - i;
}

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
    ensure_account(settings_.db_user, settings_.db_password);
    ensure_account(settings_.db_sweeper_user, settings_.db_sweeper_password);
    ensure_account(settings_.db_courier_user, settings_.db_courier_password);
    ensure_account(settings_.db_reporter_user, settings_.db_reporter_password);
    run_file(settings_.sql_dir + "/grants.sql");
  }

  // An existing account gets the password of the settings: that is how one is changed.
  void ensure_account(const std::string& user, const Secret& password) {
    const std::string name = account(settings_, user);
    const std::string way =
        password.empty() ? " IDENTIFIED VIA unix_socket" : " IDENTIFIED BY " + quote(password.reveal());
    try {
      db_.run("CREATE USER IF NOT EXISTS " + name + way);
      db_.run("ALTER USER " + name + way);
    } catch (const std::exception&) {
      // The driver's words would repeat the statement, with the password.
      throw std::runtime_error("the account " + name + " could not be created or changed by " +
                               settings_.db_admin_user);
    }
  }

  void run_file(const std::string& path) {
    std::string text = read_file(path);
    text = replace_all(text, "{{app}}", account(settings_, settings_.db_user));
    text = replace_all(text, "{{sweeper}}", account(settings_, settings_.db_sweeper_user));
    text = replace_all(text, "{{courier}}", account(settings_, settings_.db_courier_user));
    text = replace_all(text, "{{reporter}}", account(settings_, settings_.db_reporter_user));
    for (const auto& statement : split_statements(text)) {
      try {
        db_.run(statement);
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

std::vector<std::string> split_statements(const std::string& text) {
  std::vector<std::string> statements;
  std::string delimiter = ";";
  std::string current;
  for (std::size_t i = 0; i < text.size();) {
    const bool line_starts = i == 0 || text[i - 1] == '\n';
    if (const auto length = comment_length(text, i); length > 0) {
      i += length;
    } else if (const auto quoted = quoted_length(text, i); quoted > 0) {
      current.append(text, i, quoted);
      i += quoted;
    } else if (line_starts && text.compare(i, 10, "DELIMITER ") == 0) {
      const auto end = std::min(text.find('\n', i), text.size());
      delimiter = std::string{trim(std::string_view{text}.substr(i + 10, end - i - 10))};
      i = end;
    } else if (text.compare(i, delimiter.size(), delimiter) == 0) {
      if (!trim(current).empty()) statements.emplace_back(trim(current));
      current.clear();
      i += delimiter.size();
    } else {
      current += text[i++];
    }
  }
  if (!trim(current).empty()) statements.emplace_back(trim(current));
  return statements;
}

int migrate(const Settings& settings, const MigrateOptions& options) {
  return Runner{settings, options}.run();
}

}  // namespace tenantd::db
