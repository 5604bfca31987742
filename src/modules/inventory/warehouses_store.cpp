#include "tenantd/modules/inventory/warehouses_store.hpp"

#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

#define TENANTD_WAREHOUSE "SELECT id, name, address, revision, created_at, updated_at FROM warehouse "
#define TENANTD_WAREHOUSE_NAMED \
  "AND (? IS NULL OR INSTR(LOWER(name) COLLATE utf8mb4_bin, LOWER(?) COLLATE utf8mb4_bin) > 0) "
constexpr Sql kInsert{"warehouse.insert",
                      "INSERT INTO warehouse (org_id, id, name, address, created_at, updated_at) "
                      "VALUES (?, ?, ?, ?, ?, ?)"};
constexpr Sql kFind{"warehouse.find", TENANTD_WAREHOUSE "WHERE org_id = ? AND id = ?"};
constexpr Sql kNamed{"warehouse.named",
                     "SELECT id FROM warehouse WHERE org_id = ? AND name = ? "
                     "AND name COLLATE utf8mb4_bin = ? ORDER BY id LIMIT 2"};
constexpr Sql kLock{"warehouse.lock", TENANTD_WAREHOUSE "WHERE org_id = ? AND id = ? FOR UPDATE"};
constexpr Sql kHold{"warehouse.hold",
                    "SELECT 1 FROM warehouse WHERE org_id = ? AND id = ? LOCK IN SHARE MODE"};
constexpr Sql kUpdate{"warehouse.update",
                      "UPDATE warehouse SET name = ?, address = ?, "
                      "revision = revision + 1, updated_at = ? WHERE org_id = ? AND id = ?"};
constexpr Sql kDelete{"warehouse.delete", "DELETE FROM warehouse WHERE org_id = ? AND id = ?"};
constexpr Sql kList{
    "warehouse.list", TENANTD_WAREHOUSE
    "WHERE org_id = ? AND created_at >= ? AND (created_at > ? OR id > ?) " TENANTD_WAREHOUSE_NAMED
    "ORDER BY created_at, id LIMIT ?"};
constexpr Sql kCount{"warehouse.count",
                     "SELECT COUNT(*) FROM warehouse WHERE org_id = ? " TENANTD_WAREHOUSE_NAMED};
#undef TENANTD_WAREHOUSE_NAMED
#undef TENANTD_WAREHOUSE

Warehouse read(const db::Rows& rows) {
  return {rows.id<WarehouseId>(0), rows.text(1), rows.maybe_text(2),
          rows.integer(3),         rows.time(4), rows.time(5)};
}

std::optional<Warehouse> first(db::Rows rows) {
  if (!rows.next()) return std::nullopt;
  return read(rows);
}

}  // namespace

void insert_row(db::Txn& txn, const TenantScope& scope, const Warehouse& w) {
  txn.execute(kInsert, scope.org(), w.id, w.name, w.address, w.created_at, w.updated_at);
}

std::optional<Warehouse> find_row(db::Txn& txn, const TenantScope& scope, WarehouseId id) {
  return first(txn.query(kFind, scope.org(), id));
}

std::vector<WarehouseId> warehouses_named(db::Txn& txn, const TenantScope& scope, const std::string& name) {
  auto rows = txn.query(kNamed, scope.org(), name, name);
  std::vector<WarehouseId> found;
  while (rows.next()) found.push_back(rows.id<WarehouseId>(0));
  return found;
}

std::optional<Warehouse> lock_row(db::Txn& txn, const TenantScope& scope, WarehouseId id) {
  return first(txn.lock(kLock, scope.org(), id));
}

bool hold_warehouse(db::Txn& txn, const TenantScope& scope, WarehouseId id) {
  return txn.lock(kHold, scope.org(), id).next();
}

void update_row(db::Txn& txn, const TenantScope& scope, const Warehouse& w) {
  txn.execute(kUpdate, w.name, w.address, w.updated_at, scope.org(), w.id);
}

void delete_row(db::Txn& txn, const TenantScope& scope, WarehouseId id) {
  txn.execute(kDelete, scope.org(), id);
}

std::vector<Warehouse> list_rows(db::Txn& txn, const TenantScope& scope, const WarehouseFilter& filter,
                                 const std::optional<Keyset>& from, std::int64_t limit) {
  const Keyset start = from.value_or(Keyset{from_unix(-1), {}});
  auto rows =
      txn.query(kList, scope.org(), start.time, start.time, WarehouseId{start.id}, filter.q, filter.q, limit);
  std::vector<Warehouse> found;
  while (rows.next()) found.push_back(read(rows));
  return found;
}

std::int64_t count_rows(db::Txn& txn, const TenantScope& scope, const WarehouseFilter& filter) {
  auto rows = txn.query(kCount, scope.org(), filter.q, filter.q);
  rows.next();
  return rows.integer(0);
}

}  // namespace tenantd::store
