// Whether a program and the schema of its database fit.
//
// The schema's version is the number of its newest migration. A program knows the migrations up to
// kSchemaVersion. It refuses an older schema. A newer one it takes if every migration that it does not know
// says "-- Serves programs from N." and N is no more than what the program knows: so a release goes on while
// the next one migrates, and one can go back to it afterwards. The table `version` keeps N as serves_from;
// NULL = none but the migration's own release.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tenantd/db/txn.hpp"

namespace tenantd::db {

struct SchemaStanding {
  std::int64_t version = 0;      // 0 = nothing was migrated
  std::int64_t serves_from = 0;  // of what is newer than this program

  bool is_older() const;
  bool is_newer() const;
  // Newer, and not for this program.
  bool is_closed() const;
  // Why the program does not take it, as a sentence that says what to do; nullopt = it does.
  std::optional<std::string> fault() const;
};

// As the accounts of the services see it. Throws as Connection::query.
SchemaStanding schema_standing(Connection& connection);
SchemaStanding schema_standing(Txn& txn);

// Before a program does anything. Throws ApiError(unavailable) on an older schema, which somebody may be
// about to migrate, and ConfigError on a newer one that does not serve it.
void require_schema(Connection& connection);

}  // namespace tenantd::db
