#include "identity/organizations/all_organizations_store.hpp"

#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kList{
    "system.organizations",
    "SELECT id, name, slug, status, personal, require_mfa, created_at, updated_at, role_id, role_name, "
    "permissions, role_expires_at FROM system_organization WHERE created_at >= ? AND (created_at > ? OR id > "
    "?) "
    "ORDER BY created_at, id LIMIT ?"};
constexpr Sql kCount{"system.count_organizations", "SELECT COUNT(*) FROM system_organization"};

}  // namespace

std::vector<ListedOrganization> list_organizations(db::Txn& txn, UserId super_admin,
                                                   const std::optional<Keyset>& from, std::int64_t limit) {
  txn.enter({std::nullopt, super_admin, true});
  const Keyset start = from.value_or(Keyset{from_unix(-1), {}});
  auto rows = txn.query(kList, start.time, start.time, OrgId{start.id}, limit);
  std::vector<ListedOrganization> found;
  while (rows.next()) {
    ListedOrganization listed{read_organization(rows, 0), std::nullopt};
    if (!rows.is_null(8)) {
      listed.role = read_role(rows, 8);
      listed.role->expires_at = maybe_time(rows, 11);
    }
    found.push_back(std::move(listed));
  }
  return found;
}

std::int64_t count_organizations(db::Txn& txn, UserId super_admin) {
  txn.enter({std::nullopt, super_admin, true});
  auto rows = txn.query(kCount);
  rows.next();
  return rows.integer(0);
}

}  // namespace tenantd::store
