#include "modules/inventory/products_store.hpp"

#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

#define TENANTD_PRODUCT                                                                                  \
  "SELECT id, sku, name, unit, reorder_level, supplier_id, price_minor, currency, quantity, low_since, " \
  "revision, created_at, updated_at FROM product "
#define TENANTD_PRODUCT_WANTED                                                    \
  "AND (? IS NULL OR INSTR(LOWER(sku), LOWER(?) COLLATE utf8mb4_bin) > 0 "        \
  "OR INSTR(LOWER(name) COLLATE utf8mb4_bin, LOWER(?) COLLATE utf8mb4_bin) > 0) " \
  "AND (? IS NULL OR supplier_id = ?) "
constexpr Sql kInsert{
    "product.insert",
    "INSERT INTO product (org_id, id, sku, name, unit, reorder_level, supplier_id, price_minor, "
    "currency, low_since, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kFind{"product.find", TENANTD_PRODUCT "WHERE org_id = ? AND id = ?"};
constexpr Sql kFindSku{"product.find_sku", "SELECT id FROM product WHERE org_id = ? AND sku = ?"};
constexpr Sql kLock{"product.lock", TENANTD_PRODUCT "WHERE org_id = ? AND id = ? FOR UPDATE"};
constexpr Sql kUpdate{"product.update",
                      "UPDATE product SET sku = ?, name = ?, unit = ?, reorder_level = ?, supplier_id = ?, "
                      "price_minor = ?, currency = ?, low_since = ?, revision = revision + 1, updated_at = ? "
                      "WHERE org_id = ? AND id = ?"};
constexpr Sql kSetQuantity{"product.set_quantity",
                           "UPDATE product SET quantity = ?, low_since = ? WHERE org_id = ? AND id = ?"};
constexpr Sql kDelete{"product.delete", "DELETE FROM product WHERE org_id = ? AND id = ?"};
constexpr Sql kList{
    "product.list", TENANTD_PRODUCT
    "WHERE org_id = ? AND created_at >= ? AND (created_at > ? OR id > ?) " TENANTD_PRODUCT_WANTED
    "ORDER BY created_at, id LIMIT ?"};
constexpr Sql kListLow{"product.list_low", TENANTD_PRODUCT
                       "WHERE org_id = ? AND low_since >= ? "
                       "AND (low_since > ? OR id > ?) " TENANTD_PRODUCT_WANTED
                       "ORDER BY low_since, id LIMIT ?"};
constexpr Sql kCount{"product.count", "SELECT COUNT(*) FROM product WHERE org_id = ? " TENANTD_PRODUCT_WANTED
                                      "AND (? = 0 OR low_since IS NOT NULL)"};
constexpr Sql kExport{
    "product.export",
    "SELECT p.id, p.sku, p.name, p.unit, p.reorder_level, p.supplier_id, p.price_minor, p.currency, "
    "p.quantity, p.low_since, p.revision, p.created_at, p.updated_at, s.name "
    "FROM product p LEFT JOIN supplier s ON s.org_id = ? AND s.id = p.supplier_id "
    "WHERE p.org_id = ? AND p.created_at >= ? AND (p.created_at > ? OR p.id > ?) "
    "ORDER BY p.created_at, p.id LIMIT ?"};
#undef TENANTD_PRODUCT_WANTED
#undef TENANTD_PRODUCT

Product read(const db::Rows& rows) {
  Product p;
  p.id = rows.id<ProductId>(0);
  p.sku = rows.text(1);
  p.name = rows.text(2);
  p.unit = rows.text(3);
  p.reorder_level = rows.maybe_integer(4);
  p.supplier = rows.maybe_id<SupplierId>(5);
  p.price_minor = rows.maybe_integer(6);
  p.currency = rows.maybe_text(7);
  p.quantity = rows.integer(8);
  p.low_since = maybe_time(rows, 9);
  p.revision = rows.integer(10);
  p.created_at = rows.time(11);
  p.updated_at = rows.time(12);
  return p;
}

std::optional<Product> first(db::Rows rows) {
  if (!rows.next()) return std::nullopt;
  return read(rows);
}

}  // namespace

void insert_row(db::Txn& txn, const TenantScope& scope, const Product& p) {
  txn.execute(kInsert, scope.org(), p.id, p.sku, p.name, p.unit, p.reorder_level, p.supplier, p.price_minor,
              p.currency, p.low_since, p.created_at, p.updated_at);
}

std::optional<Product> find_row(db::Txn& txn, const TenantScope& scope, ProductId id) {
  return first(txn.query(kFind, scope.org(), id));
}

std::optional<ProductId> find_sku(db::Txn& txn, const TenantScope& scope, const std::string& sku) {
  auto rows = txn.query(kFindSku, scope.org(), sku);
  return rows.next() ? std::optional{rows.id<ProductId>(0)} : std::nullopt;
}

std::optional<Product> lock_row(db::Txn& txn, const TenantScope& scope, ProductId id) {
  return first(txn.lock(kLock, scope.org(), id));
}

void update_row(db::Txn& txn, const TenantScope& scope, const Product& p) {
  txn.execute(kUpdate, p.sku, p.name, p.unit, p.reorder_level, p.supplier, p.price_minor, p.currency,
              p.low_since, p.updated_at, scope.org(), p.id);
}

void delete_row(db::Txn& txn, const TenantScope& scope, ProductId id) {
  txn.execute(kDelete, scope.org(), id);
}

void set_quantity(db::Txn& txn, const TenantScope& scope, const Product& p) {
  txn.execute(kSetQuantity, p.quantity, p.low_since, scope.org(), p.id);
}

std::vector<Product> list_rows(db::Txn& txn, const TenantScope& scope, const ProductFilter& filter,
                               const std::optional<Keyset>& from, std::int64_t limit) {
  const Keyset start = from.value_or(Keyset{from_unix(-1), {}});
  auto rows =
      txn.query(filter.low ? kListLow : kList, scope.org(), start.time, start.time, ProductId{start.id},
                filter.q, filter.q, filter.q, filter.supplier, filter.supplier, limit);
  std::vector<Product> found;
  while (rows.next()) found.push_back(read(rows));
  return found;
}

std::int64_t count_rows(db::Txn& txn, const TenantScope& scope, const ProductFilter& filter) {
  auto rows = txn.query(kCount, scope.org(), filter.q, filter.q, filter.q, filter.supplier, filter.supplier,
                        filter.low);
  rows.next();
  return rows.integer(0);
}

Keyset place_of(const Product& product, const ProductFilter& filter) {
  return {filter.low ? product.low_since.value() : product.created_at, product.id.bytes()};
}

std::vector<NamedProduct> export_products(db::Txn& txn, const TenantScope& scope,
                                          const std::optional<Keyset>& from, std::int64_t limit) {
  const Keyset start = from.value_or(Keyset{from_unix(-1), {}});
  auto rows =
      txn.query(kExport, scope.org(), scope.org(), start.time, start.time, ProductId{start.id}, limit);
  std::vector<NamedProduct> found;
  while (rows.next()) found.push_back({read(rows), rows.maybe_text(13)});
  return found;
}

}  // namespace tenantd::store
