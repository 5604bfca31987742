#include "identity/members/kept_store.hpp"

#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kActiveKept{
    "member.active_kept",
    "SELECT 0, id FROM webhook WHERE org_id = ? AND status = 0 AND kept_by " TENANTD_IN_IDS
    " UNION ALL SELECT 1, id FROM stream WHERE org_id = ? AND status = 0 AND kept_by " TENANTD_IN_IDS};
constexpr Sql kActiveKeptByHolders{
    "member.active_kept_by_holders",
    "SELECT 0, id FROM webhook WHERE org_id = ? AND status = 0 AND kept_by IN "
    "(SELECT user_id FROM member WHERE org_id = ? AND role_id = ?) "
    "UNION ALL SELECT 1, id FROM stream WHERE org_id = ? AND status = 0 AND kept_by IN "
    "(SELECT user_id FROM member WHERE org_id = ? AND role_id = ?)"};

Kept read_kept(db::Rows rows) {
  Kept kept;
  while (rows.next()) {
    if (rows.integer(0) == 0)
      kept.webhooks.push_back(rows.id<WebhookId>(1));
    else
      kept.streams.push_back(rows.id<StreamId>(1));
  }
  return kept;
}

}  // namespace

Kept list_active_kept(db::Txn& txn, const TenantScope& scope, const std::vector<UserId>& keepers) {
  const auto ids = id_list(keepers);
  return read_kept(txn.query(kActiveKept, scope.org(), ids, scope.org(), ids));
}

Kept list_active_kept(db::Txn& txn, const TenantScope& scope, RoleId role) {
  return read_kept(
      txn.query(kActiveKeptByHolders, scope.org(), scope.org(), role, scope.org(), scope.org(), role));
}

}  // namespace tenantd::store
