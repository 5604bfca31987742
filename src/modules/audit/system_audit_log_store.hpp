// Every organization's audit log together, and what belongs to none: for a super-admin.
#pragma once

#include <optional>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/effects/audit_rows.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::store {

// Returns at most `limit` rows, newest first by time, before `from`. `org`: of this organization alone, nil =
// of none.
std::vector<AuditRow> list_every_audit_log(db::Txn& txn, UserId super_admin, const AuditFilter& filter,
                                           std::optional<OrgId> org, const std::optional<Keyset>& from,
                                           std::int64_t limit);
// Counts up to db::kCountedRows + 1 rows.
std::int64_t count_every_audit_log(db::Txn& txn, UserId super_admin, const AuditFilter& filter,
                                   std::optional<OrgId> org);

}  // namespace tenantd::store
