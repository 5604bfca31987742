// Migrations: sql/NNNN_name.sql in order, each once, recorded in the table `version`; a new database begins
// with sql/baseline_NNNN.sql instead, what the migrations up to that number come to. Then routines.sql,
// views.sql and grants.sql, always. Every statement can be run twice, so what was cut short is simply run
// again.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tenantd/config/settings.hpp"
#include "tenantd/db/schema.hpp"

#include "schema_version.hpp"

namespace tenantd::db {

// kSchemaVersion: the newest migration that this program knows (schema.hpp). The build reads it from the
// names in sql/.

struct Migration {
  std::int64_t version;
  std::string name;  // "core"
  std::string path;
};

// Returns the migrations of `dir` in order. Throws std::runtime_error if the folder cannot be read or two
// files have one number.
std::vector<Migration> find_migrations(const std::string& dir);

// Returns the newest baseline of `dir`: its number is that of the last migration that it stands for. Throws
// as find_migrations().
std::optional<Migration> find_baseline(const std::string& dir);

// Which programs work with the schema once this migration is applied: those that know the migrations up to
// the number that its line "-- Serves programs from N." names; nullopt if it has none, and serves its own
// release alone. Those before 20 are older than that line, and served. Throws std::runtime_error if the file
// cannot be read.
std::optional<std::int64_t> serves_from(const Migration& migration);

// Splits SQL text into statements as the mariadb client does: by the delimiter, which DELIMITER lines change;
// quotes and comments are respected.
std::vector<std::string> split_statements(const std::string& text);

struct MigrateOptions {
  bool dry_run = false;
  std::function<void(const std::string&)> progress;  // a line for the operator
  // Before the first migration that the programs of the schema's version do not work with. What it throws
  // stops the migration.
  std::function<void(const Migration&)> before_break{};
};

// Brings the schema up to date as the administrator's account, under a lock (migration_lock.hpp), so that two
// hosts do not race: the second waits and finds nothing to do, and takes over from one that died. Creates
// schemas and accounts. Returns how many migrations were (or would be) applied. Throws std::runtime_error
// with a sentence that names the file and the statement, or says that the
// schema is newer than `sql_dir` and does not serve it. One that serves it is left as it is.
int migrate(const Settings& settings, const MigrateOptions& options);

}  // namespace tenantd::db
