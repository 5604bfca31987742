#include "tenantd/identity/roles_store.hpp"

#include "tenantd/domain/permission.hpp"
#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

#define TENANTD_ROLE_COLUMNS \
  "SELECT id, name, permissions, description, revision, created_at, updated_at FROM role "
constexpr Sql kList{"role.list", TENANTD_ROLE_COLUMNS
                    "WHERE org_id = ? AND created_at >= ? AND (created_at > ? OR id > ?) "
                    "ORDER BY created_at, id LIMIT ?"};
constexpr Sql kCount{"role.count", "SELECT COUNT(*) FROM role WHERE org_id = ?"};
constexpr Sql kFind{"role.find", TENANTD_ROLE_COLUMNS "WHERE org_id = ? AND id = ?"};
constexpr Sql kLock{"role.lock", TENANTD_ROLE_COLUMNS "WHERE org_id = ? AND id = ? FOR UPDATE"};
#undef TENANTD_ROLE_COLUMNS
constexpr Sql kInsert{"role.insert",
                      "INSERT INTO role (org_id, id, name, description, permissions, created_at, updated_at) "
                      "VALUES (?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kUpdate{"role.update",
                      "UPDATE role SET name = ?, description = ?, permissions = ?, revision = revision + 1, "
                      "updated_at = ? WHERE org_id = ? AND id = ? AND revision = ?"};
constexpr Sql kDelete{"role.delete", "DELETE FROM role WHERE org_id = ? AND id = ?"};
constexpr Sql kInUse{
    "role.in_use",
    "SELECT EXISTS (SELECT 1 FROM member WHERE org_id = ? AND role_id = ?) OR EXISTS "
    "(SELECT 1 FROM invite WHERE org_id = ? AND role_id = ? AND status = 0 AND expires_at > ?) OR EXISTS "
    "(SELECT 1 FROM identity_provider WHERE org_id = ? AND default_role_id = ?) OR EXISTS "
    "(SELECT 1 FROM approval_threshold WHERE org_id = ? AND role_id = ?)"};

// role.permissions is a VARCHAR(2000): every name, each with its comma, must fit.
constexpr std::size_t kAllPermissions = 0
#define X(name, text) +sizeof text
    TENANTD_PERMISSIONS(X)
#undef X
    ;
static_assert(kAllPermissions <= 2000);

Role read_whole_role(const db::Rows& rows) {
  const auto record = read_role(rows, 0);
  return {record.id,       record.name,     rows.text(3), record.permissions,
          rows.is_null(2), rows.integer(4), rows.time(5), rows.time(6)};
}

std::optional<Role> first(db::Rows rows) {
  if (!rows.next()) return std::nullopt;
  return read_whole_role(rows);
}

}  // namespace

std::vector<Role> list_roles(db::Txn& txn, const TenantScope& scope, const std::optional<Keyset>& from,
                             std::int64_t limit) {
  const Keyset start = from.value_or(Keyset{from_unix(-1), {}});
  auto rows = txn.query(kList, scope.org(), start.time, start.time, RoleId{start.id}, limit);
  std::vector<Role> found;
  while (rows.next()) found.push_back(read_whole_role(rows));
  return found;
}

std::int64_t count_roles(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kCount, scope.org());
  rows.next();
  return rows.integer(0);
}

std::optional<Role> find_whole_role(db::Txn& txn, const TenantScope& scope, RoleId id) {
  return first(txn.query(kFind, scope.org(), id));
}

std::optional<Role> lock_role(db::Txn& txn, const TenantScope& scope, RoleId id) {
  return first(txn.lock(kLock, scope.org(), id));
}

void insert_role(db::Txn& txn, const TenantScope& scope, const Role& role) {
  txn.execute(kInsert, scope.org(), role.id, role.name, role.description,
              format_permissions(role.permissions), role.created_at, role.updated_at);
}

bool update_role(db::Txn& txn, const TenantScope& scope, const Role& role, TimePoint now) {
  // Whatever its holders' sessions may do is read anew.
  txn.touch(scope.org());
  return txn.execute(kUpdate, role.name, role.description, format_permissions(role.permissions), now,
                     scope.org(), role.id, role.revision) == 1;
}

bool delete_role(db::Txn& txn, const TenantScope& scope, RoleId id) {
  return txn.execute(kDelete, scope.org(), id) == 1;
}

bool is_role_in_use(db::Txn& txn, const TenantScope& scope, RoleId id, TimePoint now) {
  auto rows = txn.query(kInUse, scope.org(), id, scope.org(), id, now, scope.org(), id, scope.org(), id);
  rows.next();
  return rows.flag(0);
}

}  // namespace tenantd::store
