// What the files of SQL_DIR define, held against what a database shows: for whoever examines one.
#pragma once

#include <string>
#include <vector>

#include "tenantd/config/settings.hpp"
#include "tenantd/db/connection.hpp"
#include "tenantd/db/grants.hpp"

namespace tenantd::db {

// Base tables that the account of `db` can read, in effect and by whatever way (a right, a role, a right of
// everybody), although `wanted` gives it none: "tenantd.user". Tables are those that the migrations of `dir`
// make. Throws std::runtime_error if the folder cannot be read.
std::vector<std::string> readable_beyond(Connection& db, const std::string& dir, const Grants& wanted);

// Views of one organization in `dir` that show the account of `db`, which has entered no scope, a row.
std::vector<std::string> views_without_scope(Connection& db, const std::string& dir);

// Routines, triggers and views of `dir` that are missing, or that somebody has changed since: for the
// administrator's connection.
std::vector<std::string> changed_definitions(Connection& administrator, const std::string& dir);

}  // namespace tenantd::db
