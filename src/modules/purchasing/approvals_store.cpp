#include "modules/purchasing/approvals_store.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kListApprovals{"approval_threshold.list",
                             "SELECT currency, above_minor, role_id FROM approval_threshold WHERE org_id = ? "
                             "ORDER BY currency, above_minor"};
constexpr Sql kDelete{"approval_threshold.delete", "DELETE FROM approval_threshold WHERE org_id = ?"};
constexpr Sql kInsertApproval{"approval_threshold.insert",
                              "INSERT INTO approval_threshold (org_id, currency, above_minor, role_id) "
                              "VALUES (?, ?, ?, ?)"};
constexpr Sql kHolders{"member.holders",
                       "SELECT m.user_id, u.email FROM member m JOIN user u ON u.id = m.user_id "
                       "WHERE m.org_id = ? AND m.role_id = ? AND m.status = 0 AND u.status = 0 "
                       "AND u.email_verified_at IS NOT NULL "
                       "AND (m.role_expires_at IS NULL OR m.role_expires_at > ?) "
                       "ORDER BY m.created_at, m.user_id LIMIT ?"};

}  // namespace

std::vector<ApprovalThreshold> list_thresholds(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kListApprovals, scope.org());
  std::vector<ApprovalThreshold> thresholds;
  while (rows.next()) thresholds.push_back({rows.text(0), rows.integer(1), rows.id<RoleId>(2)});
  return thresholds;
}

void delete_thresholds(db::Txn& txn, const TenantScope& scope) { txn.execute(kDelete, scope.org()); }

void insert_threshold(db::Txn& txn, const TenantScope& scope, const ApprovalThreshold& threshold) {
  txn.execute(kInsertApproval, scope.org(), threshold.currency, threshold.above_minor, threshold.role);
}

std::vector<RoleHolder> list_holders(db::Txn& txn, const TenantScope& scope, RoleId role, TimePoint now,
                                     std::int64_t limit) {
  auto rows = txn.query(kHolders, scope.org(), role, now, limit);
  std::vector<RoleHolder> holders;
  while (rows.next()) holders.push_back({rows.id<UserId>(0), rows.text(1)});
  return holders;
}

}  // namespace tenantd::store
