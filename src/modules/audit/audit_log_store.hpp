// An organization's audit log, for reading. It is written by system/changes.hpp.
#pragma once

#include <optional>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/effects/audit_rows.hpp"

namespace tenantd::store {

// Returns at most `limit` rows, newest first, before the row `before`; their hashes are not read.
std::vector<AuditRow> list_audit_log(db::Txn& txn, const TenantScope& scope, const AuditFilter& filter,
                                     std::optional<std::int64_t> before, std::int64_t limit);
// Counts up to db::kCountedRows + 1 rows; without a filter all of them, since they are numbered without gaps.
std::int64_t count_audit_log(db::Txn& txn, const TenantScope& scope, const AuditFilter& filter);
bool is_filtered(const AuditFilter& filter);
std::optional<AuditRow> find_audit_row(db::Txn& txn, const TenantScope& scope, EventId id);

// Returns at most `limit` rows, oldest first, behind the row `after` and up to `last`.
std::vector<AuditRow> read_audit_log(db::Txn& txn, const TenantScope& scope, const AuditFilter& filter,
                                     std::int64_t after, std::int64_t last, std::int64_t limit);
// The number of the newest row, 0 if there is none.
std::int64_t newest_audit_row(db::Txn& txn, const TenantScope& scope);

}  // namespace tenantd::store
