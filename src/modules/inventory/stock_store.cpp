#include "modules/inventory/stock_store.hpp"

#include "tenantd/base/text.hpp"
#include "tenantd/db/counting.hpp"
#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

#define TENANTD_MOVEMENT                                                                                   \
  "SELECT id, product_id, warehouse_id, to_warehouse_id, type, quantity, change_by, level_after, reason, " \
  "created_by, created_at FROM stock_movement "
#define TENANTD_MOVEMENT_WANTED "AND (? IS NULL OR product_id = ?) AND (? IS NULL OR type = ?) "
// The next page of what lies behind one index.
#define TENANTD_MOVEMENT_PAGE(where)                                                                      \
  TENANTD_MOVEMENT                                                                                        \
  "WHERE org_id = ? " where "AND created_at <= ? AND (created_at < ? OR id < ?) " TENANTD_MOVEMENT_WANTED \
  "ORDER BY created_at DESC, id DESC LIMIT ?"
constexpr Sql kInsert{
    "movement.insert",
    "INSERT INTO stock_movement (org_id, id, product_id, warehouse_id, to_warehouse_id, type, "
    "quantity, change_by, level_after, reason, created_by, created_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kFind{"movement.find", TENANTD_MOVEMENT "WHERE org_id = ? AND id = ?"};
constexpr Sql kList{"movement.list", TENANTD_MOVEMENT_PAGE("")};
constexpr Sql kListOfProduct{"movement.list_of_product", TENANTD_MOVEMENT_PAGE("AND product_id = ? ")};
// No movement is at both ends of itself.
constexpr Sql kListAtWarehouse{
    "movement.list_at_warehouse",
    "(" TENANTD_MOVEMENT_PAGE("AND warehouse_id = ? ") ") UNION ALL (" TENANTD_MOVEMENT_PAGE(
        "AND to_warehouse_id = ? ") ") ORDER BY created_at DESC, id DESC LIMIT ?"};
constexpr Sql kCount{"movement.count",
                     TENANTD_COUNT_SOME("stock_movement WHERE org_id = ? " TENANTD_MOVEMENT_WANTED
                                        "AND (? IS NULL OR warehouse_id = ? OR to_warehouse_id = ?)")};
constexpr Sql kExport{
    "movement.export",
    "SELECT m.id, m.product_id, m.warehouse_id, m.to_warehouse_id, m.type, m.quantity, m.change_by, "
    "m.level_after, m.reason, m.created_by, m.created_at, p.sku, w.name, t.name FROM stock_movement m "
    "STRAIGHT_JOIN product p ON p.org_id = ? AND p.id = m.product_id "
    "STRAIGHT_JOIN warehouse w ON w.org_id = ? AND w.id = m.warehouse_id "
    "LEFT JOIN warehouse t ON t.org_id = ? AND t.id = m.to_warehouse_id "
    "WHERE m.org_id = ? AND m.created_at >= ? AND (m.created_at > ? OR m.id > ?) "
    "AND (? IS NULL OR m.product_id = ?) AND (? IS NULL OR m.warehouse_id = ? OR m.to_warehouse_id = ?) "
    "ORDER BY m.created_at, m.id LIMIT ?"};
#undef TENANTD_MOVEMENT_PAGE
#undef TENANTD_MOVEMENT_WANTED
#undef TENANTD_MOVEMENT
constexpr Sql kLevel{
    "stock.level",
    "SELECT quantity, updated_at FROM stock_level WHERE org_id = ? AND product_id = ? AND warehouse_id = ?"};
constexpr Sql kSetLevel{
    "stock.set_level",
    "INSERT INTO stock_level (org_id, product_id, warehouse_id, quantity, updated_at) "
    "VALUES (?, ?, ?, ?, ?) "
    "ON DUPLICATE KEY UPDATE quantity = VALUES(quantity), updated_at = VALUES(updated_at)"};
// `?`: ids in hexadecimal digits, each of 32. In the order of the products alone, so that what is behind the
// limit is not read.
#define TENANTD_LEVELS(where)                                                                  \
  "SELECT l.product_id, l.warehouse_id, w.name, l.quantity, l.updated_at FROM ("               \
  "SELECT wanted.position, l.product_id, l.warehouse_id, l.quantity, l.updated_at "            \
  "FROM JSON_TABLE(?, '$[*]' COLUMNS (position FOR ORDINALITY, id CHAR(32) PATH '$')) wanted " \
  "STRAIGHT_JOIN stock_level l ON l.org_id = ? AND l.product_id = UNHEX(wanted.id) " where     \
  "ORDER BY wanted.position LIMIT ?) l STRAIGHT_JOIN warehouse w ON w.org_id = ? AND w.id = "  \
  "l.warehouse_id ORDER BY l.position, w.name, w.id"
constexpr Sql kLevels{"stock.levels", TENANTD_LEVELS("")};
constexpr Sql kLevelsAt{"stock.levels_at", TENANTD_LEVELS("AND l.warehouse_id = ? ")};
#undef TENANTD_LEVELS

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
  const auto& product = filter.product;
  const auto& warehouse = filter.warehouse;
  const auto& type = filter.type;
  const auto ask = [&]() -> db::Rows {
    const auto& org = scope.org();
    const MovementId id{start.id};
    if (warehouse)
      return txn.query(kListAtWarehouse, org, *warehouse, start.time, start.time, id, product, product, type,
                       type, limit, org, *warehouse, start.time, start.time, id, product, product, type, type,
                       limit, limit);
    if (product)
      return txn.query(kListOfProduct, org, *product, start.time, start.time, id, product, product, type,
                       type, limit);
    return txn.query(kList, org, start.time, start.time, id, product, product, type, type, limit);
  };
  auto rows = ask();
  std::vector<Movement> found;
  while (rows.next()) found.push_back(read(rows));
  return found;
}

std::int64_t count_movements(db::Txn& txn, const TenantScope& scope, const MovementFilter& filter) {
  auto rows = txn.query(kCount, scope.org(), filter.product, filter.product, filter.type, filter.type,
                        filter.warehouse, filter.warehouse, filter.warehouse);
  rows.next();
  return rows.integer(0);
}

std::vector<NamedMovement> export_movements(db::Txn& txn, const TenantScope& scope,
                                            const MovementFilter& filter, const std::optional<Keyset>& from,
                                            std::int64_t limit) {
  const Keyset start = from.value_or(Keyset{from_unix(-1), {}});
  const auto& org = scope.org();
  auto rows =
      txn.query(kExport, org, org, org, org, start.time, start.time, MovementId{start.id}, filter.product,
                filter.product, filter.warehouse, filter.warehouse, filter.warehouse, limit);
  std::vector<NamedMovement> found;
  while (rows.next()) found.push_back({read(rows), rows.text(11), rows.text(12), rows.maybe_text(13)});
  return found;
}

Place find_place(db::Txn& txn, const TenantScope& scope, ProductId product, WarehouseId warehouse) {
  auto rows = txn.query(kLevel, scope.org(), product, warehouse);
  if (!rows.next()) return {};
  return {rows.integer(0), rows.time(1)};
}

void set_level(db::Txn& txn, const TenantScope& scope, ProductId product, WarehouseId warehouse,
               std::int64_t quantity, TimePoint now) {
  txn.execute(kSetLevel, scope.org(), product, warehouse, quantity, now);
}

std::vector<Level> levels_of(db::Txn& txn, const TenantScope& scope, const std::vector<ProductId>& products,
                             const std::optional<WarehouseId>& warehouse, std::int64_t limit) {
  std::string wanted = "[";
  for (const auto& id : products) wanted += (wanted.size() > 1 ? ",\"" : "\"") + to_hex(id.raw()) + '"';
  wanted += ']';
  auto rows = warehouse ? txn.query(kLevelsAt, wanted, scope.org(), *warehouse, limit, scope.org())
                        : txn.query(kLevels, wanted, scope.org(), limit, scope.org());
  std::vector<Level> found;
  while (rows.next())
    found.push_back(
        {rows.id<ProductId>(0), rows.id<WarehouseId>(1), rows.text(2), rows.integer(3), rows.time(4)});
  return found;
}

}  // namespace tenantd::store
