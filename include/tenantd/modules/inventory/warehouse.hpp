// What others ask of warehouses.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::modules {

// Those of exactly this name; two at most, which is enough to see that it says too little.
std::vector<WarehouseId> warehouses_named(db::Txn& txn, const TenantScope& scope, const std::string& name);
// nullopt if there is no such warehouse.
std::optional<std::string> name_of_warehouse(db::Txn& txn, const TenantScope& scope, WarehouseId id);
// True if it is there, which it stays until the commit.
bool hold_warehouse(db::Txn& txn, const TenantScope& scope, WarehouseId id);

}  // namespace tenantd::modules
