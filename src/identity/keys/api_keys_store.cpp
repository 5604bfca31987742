#include "identity/keys/api_keys_store.hpp"

#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kInsert{
    "api_key.insert",
    "INSERT INTO api_key (org_id, id, token, prefix, name, permissions, created_by, member_id, "
    "of_organization, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
#define TENANTD_API_KEY_COLUMNS                                                                            \
  "id, name, prefix, permissions, created_by, created_at, expires_at, last_used_at, of_organization FROM " \
  "api_key "
constexpr Sql kFind{"api_key.find", "SELECT " TENANTD_API_KEY_COLUMNS "WHERE org_id = ? AND id = ?"};
constexpr Sql kList{"api_key.list",
                    "SELECT " TENANTD_API_KEY_COLUMNS "WHERE org_id = ? AND id > ? ORDER BY id LIMIT ?"};
#undef TENANTD_API_KEY_COLUMNS
constexpr Sql kCount{"api_key.count", "SELECT COUNT(*) FROM api_key WHERE org_id = ?"};
constexpr Sql kDelete{"api_key.delete", "DELETE FROM api_key WHERE org_id = ? AND id = ?"};
constexpr Sql kDeleteOrganizations{
    "api_key.delete_organizations",
    "DELETE FROM api_key WHERE org_id = ? AND of_organization AND created_by " TENANTD_IN_IDS};

constexpr Sql kDeleteGone{
    "api_key.delete_of_the_gone",
    "DELETE FROM api_key WHERE org_id = ? AND of_organization "
    "AND created_by NOT IN (SELECT m.user_id FROM member m WHERE m.org_id = ?) "
    "AND EXISTS (SELECT 1 FROM member f JOIN organization o ON o.id = f.org_id "
    "WHERE f.org_id = ? AND f.user_id = ? AND f.granted_by IS NULL AND f.created_at = o.created_at)"};

ApiKey read_api_key(const db::Rows& rows) {
  return {rows.id<ApiKeyId>(0), rows.text(1), rows.text(2),        parse_permissions(rows.text(3)),
          rows.id<UserId>(4),   rows.time(5), maybe_time(rows, 6), maybe_time(rows, 7),
          rows.flag(8)};
}

}  // namespace

void insert_api_key(db::Txn& txn, const TenantScope& scope, const ApiKey& key, const std::string& hash) {
  const auto member = key.of_organization ? std::nullopt : std::optional{key.created_by};
  txn.execute(kInsert, scope.org(), key.id, hash, key.prefix, key.name, format_permissions(key.permissions),
              key.created_by, member, key.of_organization, key.created_at, key.expires_at);
}

std::optional<ApiKey> find_api_key(db::Txn& txn, const TenantScope& scope, ApiKeyId id) {
  auto rows = txn.query(kFind, scope.org(), id);
  if (!rows.next()) return std::nullopt;
  return read_api_key(rows);
}

bool delete_api_key(db::Txn& txn, const TenantScope& scope, const ApiKey& key) {
  // What workers remember of the key stands under its maker.
  txn.touch(key.created_by);
  return txn.execute(kDelete, scope.org(), key.id) == 1;
}

std::int64_t delete_organization_keys_of(db::Txn& txn, const TenantScope& scope,
                                         const std::vector<UserId>& makers) {
  for (const auto& maker : makers) txn.touch(maker);
  return txn.execute(kDeleteOrganizations, scope.org(), id_list(makers));
}

std::int64_t delete_keys_of_the_gone(db::Txn& txn, const TenantScope& scope, UserId founder) {
  return txn.execute(kDeleteGone, scope.org(), scope.org(), scope.org(), founder);
}

std::vector<ApiKey> list_api_keys(db::Txn& txn, const TenantScope& scope, ApiKeyId after,
                                  std::int64_t limit) {
  auto rows = txn.query(kList, scope.org(), after, limit);
  std::vector<ApiKey> found;
  found.reserve(rows.count());
  while (rows.next()) found.push_back(read_api_key(rows));
  return found;
}

std::int64_t count_api_keys(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kCount, scope.org());
  rows.next();
  return rows.integer(0);
}

}  // namespace tenantd::store
