// What others ask of suppliers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::modules {

// Those of exactly this name; two at most, which is enough to see that it says too little.
std::vector<SupplierId> suppliers_named(db::Txn& txn, const TenantScope& scope, const std::string& name);
// nullopt if there is no such supplier.
std::optional<std::string> name_of_supplier(db::Txn& txn, const TenantScope& scope, SupplierId id);

}  // namespace tenantd::modules
