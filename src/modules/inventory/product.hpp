// Products: what is bought, kept and sold. How many there are is kept by movements alone.
#pragma once

#include <optional>
#include <string>

#include "tenantd/record/record.hpp"

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
  TimePoint created_at, updated_at;
};

std::optional<Product> find_row(db::Txn& txn, const TenantScope& scope, ProductId id);
// Whose SKU it is.
std::optional<ProductId> find_sku(db::Txn& txn, const TenantScope& scope, const std::string& sku);
// The same, locked until the commit: nothing of it moves meanwhile.
std::optional<Product> lock_row(db::Txn& txn, const TenantScope& scope, ProductId id);
// Writes how many there are, and since when that is low. The caller holds the lock.
void set_quantity(db::Txn& txn, const TenantScope& scope, const Product& product);

}  // namespace tenantd::store

namespace tenantd::modules {

extern const record::Record& products;

}  // namespace tenantd::modules
