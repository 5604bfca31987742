// Products: what is bought, kept and sold. How many there are is kept by movements alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::store {

struct Product {
  ProductId id;
  std::string sku;  // unique in the organization
  std::string name;
  std::string unit = "piece";
  std::optional<std::int64_t> reorder_level;  // low at or under it
  std::optional<SupplierId> supplier;
  std::optional<std::int64_t> price_minor;  // in the smallest unit of `currency`
  std::optional<std::string> currency;      // ISO 4217
  std::int64_t quantity = 0;                // over all warehouses
  std::optional<TimePoint> low_since;
  std::int64_t revision = 1;
  TimePoint created_at;
  TimePoint updated_at;
};

// Throws db::DuplicateKey (key "product_sku"), db::ForeignKeyError (no such supplier).
void insert_row(db::Txn& txn, const TenantScope& scope, const Product& product);
std::optional<Product> find_row(db::Txn& txn, const TenantScope& scope, ProductId id);
// Whose SKU it is.
std::optional<ProductId> find_sku(db::Txn& txn, const TenantScope& scope, const std::string& sku);
// The same, locked until the commit: nothing of it moves meanwhile.
std::optional<Product> lock_row(db::Txn& txn, const TenantScope& scope, ProductId id);
// Writes all but its quantity, and counts its revision up. The caller holds the lock. Throws as insert_row.
void update_row(db::Txn& txn, const TenantScope& scope, const Product& product);
// Throws db::ForeignKeyError once any of it has moved.
void delete_row(db::Txn& txn, const TenantScope& scope, ProductId id);
// Writes how many there are, and since when that is low. The caller holds the lock.
void set_quantity(db::Txn& txn, const TenantScope& scope, const Product& product);

struct ProductFilter {
  std::optional<std::string> q;  // in sku or name, without case
  std::optional<SupplierId> supplier;
  bool low = false;  // only those at or under their reorder level
};
// In the order of their making; the low ones begin with what is low longest.
std::vector<Product> list_rows(db::Txn& txn, const TenantScope& scope, const ProductFilter& filter,
                               const std::optional<Keyset>& from, std::int64_t limit);
std::int64_t count_rows(db::Txn& txn, const TenantScope& scope, const ProductFilter& filter);
// Where a list goes on after `product`.
Keyset place_of(const Product& product, const ProductFilter& filter = {});

// A product with its supplier's name.
struct NamedProduct {
  Product product;
  std::optional<std::string> supplier;
};
// In the order of their making.
std::vector<NamedProduct> export_products(db::Txn& txn, const TenantScope& scope,
                                          const std::optional<Keyset>& from, std::int64_t limit);

}  // namespace tenantd::store
