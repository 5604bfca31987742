#include "modules/inventory/suppliers_store.hpp"

#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

#define TENANTD_SUPPLIER \
  "SELECT id, name, email, phone, address, revision, created_at, updated_at FROM supplier "
#define TENANTD_SUPPLIER_NAMED \
  "AND (? IS NULL OR INSTR(LOWER(name) COLLATE utf8mb4_bin, LOWER(?) COLLATE utf8mb4_bin) > 0) "
constexpr Sql kInsert{
    "supplier.insert",
    "INSERT INTO supplier (org_id, id, name, email, phone, address, created_at, updated_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kFind{"supplier.find", TENANTD_SUPPLIER "WHERE org_id = ? AND id = ?"};
constexpr Sql kNamed{"supplier.named",
                     "SELECT id FROM supplier WHERE org_id = ? AND name = ? "
                     "AND name COLLATE utf8mb4_bin = ? ORDER BY id LIMIT 2"};
constexpr Sql kLock{"supplier.lock", TENANTD_SUPPLIER "WHERE org_id = ? AND id = ? FOR UPDATE"};
constexpr Sql kUpdate{"supplier.update",
                      "UPDATE supplier SET name = ?, email = ?, phone = ?, address = ?, "
                      "revision = revision + 1, updated_at = ? WHERE org_id = ? AND id = ?"};
constexpr Sql kDelete{"supplier.delete", "DELETE FROM supplier WHERE org_id = ? AND id = ?"};
constexpr Sql kList{
    "supplier.list", TENANTD_SUPPLIER
    "WHERE org_id = ? AND created_at >= ? AND (created_at > ? OR id > ?) " TENANTD_SUPPLIER_NAMED
    "ORDER BY created_at, id LIMIT ?"};
constexpr Sql kCount{"supplier.count",
                     "SELECT COUNT(*) FROM supplier WHERE org_id = ? " TENANTD_SUPPLIER_NAMED};
#undef TENANTD_SUPPLIER_NAMED
#undef TENANTD_SUPPLIER

Supplier read(const db::Rows& rows) {
  return {rows.id<SupplierId>(0), rows.text(1),    rows.maybe_text(2), rows.maybe_text(3),
          rows.maybe_text(4),     rows.integer(5), rows.time(6),       rows.time(7)};
}

std::optional<Supplier> first(db::Rows rows) {
  if (!rows.next()) return std::nullopt;
  return read(rows);
}

}  // namespace

void insert_row(db::Txn& txn, const TenantScope& scope, const Supplier& s) {
  txn.execute(kInsert, scope.org(), s.id, s.name, s.email, s.phone, s.address, s.created_at, s.updated_at);
}

std::optional<Supplier> find_row(db::Txn& txn, const TenantScope& scope, SupplierId id) {
  return first(txn.query(kFind, scope.org(), id));
}

std::vector<SupplierId> suppliers_named(db::Txn& txn, const TenantScope& scope, const std::string& name) {
  auto rows = txn.query(kNamed, scope.org(), name, name);
  std::vector<SupplierId> found;
  while (rows.next()) found.push_back(rows.id<SupplierId>(0));
  return found;
}

std::optional<Supplier> lock_row(db::Txn& txn, const TenantScope& scope, SupplierId id) {
  return first(txn.lock(kLock, scope.org(), id));
}

void update_row(db::Txn& txn, const TenantScope& scope, const Supplier& s) {
  txn.execute(kUpdate, s.name, s.email, s.phone, s.address, s.updated_at, scope.org(), s.id);
}

void delete_row(db::Txn& txn, const TenantScope& scope, SupplierId id) {
  txn.execute(kDelete, scope.org(), id);
}

std::vector<Supplier> list_rows(db::Txn& txn, const TenantScope& scope, const SupplierFilter& filter,
                                const std::optional<Keyset>& from, std::int64_t limit) {
  const Keyset start = from.value_or(Keyset{from_unix(-1), {}});
  auto rows =
      txn.query(kList, scope.org(), start.time, start.time, SupplierId{start.id}, filter.q, filter.q, limit);
  std::vector<Supplier> found;
  while (rows.next()) found.push_back(read(rows));
  return found;
}

std::int64_t count_rows(db::Txn& txn, const TenantScope& scope, const SupplierFilter& filter) {
  auto rows = txn.query(kCount, scope.org(), filter.q, filter.q);
  rows.next();
  return rows.integer(0);
}

}  // namespace tenantd::store
