#include "modules/documents/files_store.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kStored{
    "file.stored",
    "UPDATE document SET status = 2, sha256 = ?, upload_expires_at = NULL, uploaded_at = ?, "
    "updated_at = ?, revision = revision + 1 "
    "WHERE org_id = ? AND id = ? AND status = 1 AND storage_key = ?"};
constexpr Sql kLimit{"file.storage_limit", "SELECT max_storage_bytes FROM organization WHERE id = ?"};
constexpr Sql kAwaited{"file.awaited", "SELECT awaited_file(?, ?, ?)"};

}  // namespace

bool mark_stored(db::Txn& txn, const TenantScope& scope, DocumentId id, const std::string& storage_key,
                 const std::optional<std::string>& sha256, TimePoint now) {
  return txn.execute(kStored, sha256, now, now, scope.org(), id, storage_key) == 1;
}

std::optional<std::int64_t> storage_limit(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kLimit, scope.org());
  return rows.next() ? rows.maybe_integer(0) : std::nullopt;
}

std::optional<std::string> find_awaited_key(db::Txn& txn, OrgId org, DocumentId id, TimePoint now) {
  auto rows = txn.query(kAwaited, org, id, now);
  return rows.next() ? rows.maybe_text(0) : std::nullopt;
}

}  // namespace tenantd::store
