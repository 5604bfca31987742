#include "identity/tenants/super_admins_store.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kListSuperAdmins{"super_admin.list",
                               "SELECT email, status, created_at FROM user WHERE is_super ORDER BY email"};
constexpr Sql kSet{"super_admin.set",
                   "UPDATE user SET is_super = ?, updated_at = ? WHERE id = ? AND is_super <> ? "
                   "AND (email_verified_at IS NOT NULL OR is_super)"};

}  // namespace

std::vector<ListedSuperAdmin> list_super_admins(db::Txn& txn, const SuperAdminScope&) {
  auto rows = txn.query(kListSuperAdmins);
  std::vector<ListedSuperAdmin> found;
  while (rows.next()) found.push_back({rows.text(0), static_cast<Status>(rows.integer(1)), rows.time(2)});
  return found;
}

bool set_super_admin(db::Txn& txn, const SuperAdminScope&, UserId user, bool is_one, TimePoint now) {
  const bool changed = txn.execute(kSet, is_one, now, user, is_one) == 1;
  txn.touch(user);
  return changed;
}

}  // namespace tenantd::store
