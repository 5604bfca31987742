#include "tenantd/db/schema.hpp"

#include "tenantd/config/settings.hpp"
#include "tenantd/db/error.hpp"
#include "tenantd/db/migrate.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::db {
namespace {

constexpr Sql kNewestVersion{"version.newest", "SELECT COALESCE(MAX(version), 0) FROM tenantd_app.version"};
constexpr Sql kServesFrom{
    "version.serves_from",
    "SELECT COALESCE(MAX(COALESCE(serves_from, version)), 0) FROM tenantd_app.version WHERE version > ?"};

// What a server says of a view that is not there, or not yet this account's.
constexpr int kNoSuchRight = 1142;

// The column is asked for only where a program has written it that knows of it.
template <class Database>
SchemaStanding standing_in(Database& db) {
  SchemaStanding found;
  {
    auto rows = db.query(kNewestVersion);
    rows.next();
    found.version = rows.integer(0);
  }
  if (!found.is_newer()) return found;
  auto rows = db.query(kServesFrom, kSchemaVersion);
  rows.next();
  found.serves_from = rows.integer(0);
  return found;
}

}  // namespace

bool SchemaStanding::is_older() const { return version < kSchemaVersion; }
bool SchemaStanding::is_newer() const { return version > kSchemaVersion; }
bool SchemaStanding::is_closed() const { return is_newer() && serves_from > kSchemaVersion; }

std::optional<std::string> SchemaStanding::fault() const {
  const auto knows = std::to_string(kSchemaVersion);
  if (is_older())
    return "The database schema is older than this program: run `tenantctl migrate` (it is at version " +
           std::to_string(version) + ", and the program wants " + knows + ')';
  if (is_closed())
    return "The database schema is newer than this program: install the release that has migrated it (it is "
           "at version " +
           std::to_string(version) + ", which serves programs from " + std::to_string(serves_from) +
           " on, and this one knows " + knows + ')';
  return std::nullopt;
}

SchemaStanding schema_standing(Connection& connection) { return standing_in(connection); }
SchemaStanding schema_standing(Txn& txn) { return standing_in(txn); }

void require_schema(Connection& connection) {
  SchemaStanding standing;
  try {
    standing = schema_standing(connection);
  } catch (const AccessError& e) {
    if (e.number != kNoSuchRight) throw;
  } catch (const RetryableError& e) {
    throw ApiError(ErrorCode::unavailable).detail(e.what());
  }
  const auto fault = standing.fault();
  if (fault && standing.is_older()) throw ApiError(ErrorCode::unavailable).detail(*fault);
  if (fault) throw ConfigError(*fault);
}

}  // namespace tenantd::db
