// The chains of audit rows as they stand in the tables, for an operator who holds them against their hashes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/effects/audit_rows.hpp"

namespace tenantd::store {

// Over every tenant, base tables and all: for tenantctl, which signs in with the administrator's account.
class AuditScope {
 public:
  static AuditScope unsafe_for_tenantctl() { return AuditScope{}; }

 private:
  AuditScope() = default;
};

// Where a chain ends, as its head says.
struct AuditEnd {
  std::int64_t seq = 0;  // 0 = no row
  std::string hash;
};

// Where the sweeper has cut the chain off from its beginning, nullopt if nothing was removed.
std::optional<ChainStart> find_audit_start(db::Txn& txn, const AuditScope&, OrgId org);

// Every organization that has rows or a head, whether or not it still exists; nil is the system's own.
std::vector<OrgId> list_audit_chains(db::Txn& txn, const AuditScope&);
std::optional<AuditEnd> find_audit_end(db::Txn& txn, const AuditScope&, OrgId org);
// The number of the newest row that there is; 0 = none.
std::int64_t find_newest_row(db::Txn& txn, const AuditScope&, OrgId org);
// Returns at most `limit` rows with their hashes, oldest first, behind the row `after`.
std::vector<AuditRow> read_audit_chain(db::Txn& txn, const AuditScope&, OrgId org, std::int64_t after,
                                       std::int64_t limit);

// The redactions of rows behind `after`, up to `to`.
std::map<std::int64_t, Redaction> read_redactions(db::Txn& txn, const AuditScope&, OrgId org,
                                                  std::int64_t after, std::int64_t to);

std::optional<OrgId> find_organization_by_slug(db::Txn& txn, const AuditScope&, const std::string& slug);
// "acme", or nullopt if the organization is gone.
std::optional<std::string> find_slug(db::Txn& txn, const AuditScope&, OrgId org);

}  // namespace tenantd::store
