#include "tenantd/store/tenant/stock.hpp"

#include "tenantd/store/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

#define TENANTD_MOVEMENT                                                                                   \
  "SELECT id, product_id, warehouse_id, to_warehouse_id, type, quantity, change_by, level_after, reason, " \
  "created_by, created_at FROM stock_movement "
#define TENANTD_MOVEMENT_WANTED        \
  "AND (? IS NULL OR product_id = ?) " \
  "AND (? IS NULL OR warehouse_id = ? OR to_warehouse_id = ?) AND (? IS NULL OR type = ?) "
constexpr Sql kInsert{
    "movement.insert",
    "INSERT INTO stock_movement (org_id, id, product_id, warehouse_id, to_warehouse_id, type, "
    "quantity, change_by, level_after, reason, created_by, created_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kFind{"movement.find", TENANTD_MOVEMENT "WHERE org_id = ? AND id = ?"};
constexpr Sql kList{
    "movement.list", TENANTD_MOVEMENT
    "WHERE org_id = ? AND created_at <= ? AND (created_at < ? OR id < ?) " TENANTD_MOVEMENT_WANTED
    "ORDER BY created_at DESC, id DESC LIMIT ?"};
constexpr Sql kCount{"movement.count",
                     "SELECT COUNT(*) FROM stock_movement WHERE org_id = ? " TENANTD_MOVEMENT_WANTED};
#undef TENANTD_MOVEMENT_WANTED
#undef TENANTD_MOVEMENT
constexpr Sql kLevel{
    "stock.level",
    "SELECT quantity FROM stock_level WHERE org_id = ? AND product_id = ? AND warehouse_id = ?"};
constexpr Sql kSetLevel{
    "stock.set_level",
    "INSERT INTO stock_level (org_id, product_id, warehouse_id, quantity, updated_at) "
    "VALUES (?, ?, ?, ?, ?) "
    "ON DUPLICATE KEY UPDATE quantity = VALUES(quantity), updated_at = VALUES(updated_at)"};
constexpr Sql kLevels{
    "stock.levels",
    "SELECT l.product_id, l.warehouse_id, w.name, l.quantity, l.updated_at FROM product p "
    "JOIN stock_level l ON l.org_id = p.org_id AND l.product_id = p.id "
    "JOIN warehouse w ON w.org_id = l.org_id AND w.id = l.warehouse_id "
    "WHERE p.org_id = ? AND l.org_id = ? AND w.org_id = ? AND p.created_at >= ? AND (p.created_at > ? OR "
    "p.id >= ?) "
    "AND p.created_at <= ? AND (p.created_at < ? OR p.id <= ?) AND (? IS NULL OR l.warehouse_id = ?) "
    "ORDER BY p.created_at, p.id, w.name, w.id"};

Movement read(const db::Rows& rows) {
  Movement m;
  m.id = rows.id<MovementId>(0);
  m.product = rows.id<ProductId>(1);
  m.warehouse = rows.id<WarehouseId>(2);
  m.to_warehouse = rows.maybe_id<WarehouseId>(3);
  m.type = static_cast<MovementType>(rows.integer(4));
  m.quantity = rows.integer(5);
  m.change = rows.integer(6);
  m.level_after = rows.integer(7);
  m.reason = rows.text(8);
  m.created_by = rows.maybe_id<UserId>(9);
  m.created_at = rows.time(10);
  return m;
}

}  // namespace

void insert_movement(db::Txn& txn, const TenantScope& scope, const Movement& m) {
  txn.execute(kInsert, scope.org(), m.id, m.product, m.warehouse, m.to_warehouse, m.type, m.quantity,
              m.change, m.level_after, m.reason, m.created_by, m.created_at);
}

std::optional<Movement> find_movement(db::Txn& txn, const TenantScope& scope, MovementId id) {
  auto rows = txn.query(kFind, scope.org(), id);
  if (!rows.next()) return std::nullopt;
  return read(rows);
}

std::vector<Movement> list_movements(db::Txn& txn, const TenantScope& scope, const MovementFilter& filter,
                                     const std::optional<Keyset>& from, std::int64_t limit) {
  const Keyset start = from.value_or(Keyset{from_unix(std::int64_t{1} << 40), {}});
  auto rows = txn.query(kList, scope.org(), start.time, start.time, MovementId{start.id}, filter.product,
                        filter.product, filter.warehouse, filter.warehouse, filter.warehouse, filter.type,
                        filter.type, limit);
  std::vector<Movement> found;
  while (rows.next()) found.push_back(read(rows));
  return found;
}

std::int64_t count_movements(db::Txn& txn, const TenantScope& scope, const MovementFilter& filter) {
  auto rows = txn.query(kCount, scope.org(), filter.product, filter.product, filter.warehouse,
                        filter.warehouse, filter.warehouse, filter.type, filter.type);
  rows.next();
  return rows.integer(0);
}

std::int64_t level_at(db::Txn& txn, const TenantScope& scope, ProductId product, WarehouseId warehouse) {
  auto rows = txn.query(kLevel, scope.org(), product, warehouse);
  return rows.next() ? rows.integer(0) : 0;
}

void set_level(db::Txn& txn, const TenantScope& scope, ProductId product, WarehouseId warehouse,
               std::int64_t quantity, TimePoint now) {
  txn.execute(kSetLevel, scope.org(), product, warehouse, quantity, now);
}

std::vector<Level> levels_of(db::Txn& txn, const TenantScope& scope, const Keyset& first, const Keyset& last,
                             const std::optional<WarehouseId>& warehouse) {
  auto rows = txn.query(kLevels, scope.org(), scope.org(), scope.org(), first.time, first.time,
                        ProductId{first.id}, last.time, last.time, ProductId{last.id}, warehouse, warehouse);
  std::vector<Level> found;
  while (rows.next())
    found.push_back(
        {rows.id<ProductId>(0), rows.id<WarehouseId>(1), rows.text(2), rows.integer(3), rows.time(4)});
  return found;
}

}  // namespace tenantd::store
