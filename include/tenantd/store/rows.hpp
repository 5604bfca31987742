// Records that several stores read from their rows.
#pragma once

#include "tenantd/db/connection.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::store {

// Columns from `at`: id, name, permissions (NULL = a system role, whose permissions the program knows).
RoleRecord read_role(const db::Rows& rows, unsigned at);

// Columns from `at`: id, name, slug, status, personal, require_mfa, created_at, updated_at.
OrganizationRecord read_organization(const db::Rows& rows, unsigned at);

// A column of seconds that may be NULL.
std::optional<TimePoint> maybe_time(const db::Rows& rows, unsigned at);

}  // namespace tenantd::store
