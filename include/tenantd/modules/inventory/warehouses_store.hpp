// Warehouses: where products are kept.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::store {

struct Warehouse {
  WarehouseId id;
  std::string name;
  std::optional<std::string> address;
  std::int64_t revision = 1;
  TimePoint created_at;
  TimePoint updated_at;
};

void insert_row(db::Txn& txn, const TenantScope& scope, const Warehouse& warehouse);
std::optional<Warehouse> find_row(db::Txn& txn, const TenantScope& scope, WarehouseId id);
// Those of exactly this name; two at most, which is enough to see that it says too little.
std::vector<WarehouseId> warehouses_named(db::Txn& txn, const TenantScope& scope, const std::string& name);
// The same, locked until the commit.
std::optional<Warehouse> lock_row(db::Txn& txn, const TenantScope& scope, WarehouseId id);
// True if it is there, which it stays until the commit.
bool hold_warehouse(db::Txn& txn, const TenantScope& scope, WarehouseId id);
// Writes it, and counts its revision up. The caller holds the lock.
void update_row(db::Txn& txn, const TenantScope& scope, const Warehouse& warehouse);
// Throws db::ForeignKeyError once anything has moved there.
void delete_row(db::Txn& txn, const TenantScope& scope, WarehouseId id);

struct WarehouseFilter {
  std::optional<std::string> q;  // in the name, without case
};
std::vector<Warehouse> list_rows(db::Txn& txn, const TenantScope& scope, const WarehouseFilter& filter,
                                 const std::optional<Keyset>& from, std::int64_t limit);
std::int64_t count_rows(db::Txn& txn, const TenantScope& scope, const WarehouseFilter& filter);

}  // namespace tenantd::store
