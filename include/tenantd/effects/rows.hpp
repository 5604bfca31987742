// Records that several stores read from their rows.
#pragma once

#include <string>
#include <vector>

#include "tenantd/base/text.hpp"
#include "tenantd/db/connection.hpp"
#include "tenantd/domain/login_alert.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::store {

// A table `ids (id)` of what id_list() wrote, for a statement about many at once.
#define TENANTD_IDS "JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$')) ids "
// The same for what changes rows, since a view of another account's rights is not updated in a join. The
// inner table is made once and found in by key; MariaDB reads the list anew for each row without it.
#define TENANTD_IN_IDS \
  "IN (SELECT id FROM (SELECT DISTINCT UNHEX(ids.id) AS id FROM " TENANTD_IDS ") listed) "
// The parameter of either.
template <class Tag>
std::string id_list(const std::vector<Id<Tag>>& ids) {
  std::string list = "[";
  for (const auto& id : ids) list += (list.size() > 1 ? ",\"" : "\"") + to_hex(id.raw()) + '"';
  return list + ']';
}

// Columns from `at`: id, name, permissions (NULL = a system role, whose permissions the program knows).
RoleRecord read_role(const db::Rows& rows, unsigned at);

// Columns from `at`: id, name, slug, status, personal, require_mfa, created_at, updated_at.
OrganizationRecord read_organization(const db::Rows& rows, unsigned at);

std::optional<LoginAlert> maybe_login_alert(const db::Rows& rows, unsigned at);

// A column of seconds that may be NULL.
std::optional<TimePoint> maybe_time(const db::Rows& rows, unsigned at);

}  // namespace tenantd::store
