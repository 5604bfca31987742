// Suppliers: who delivers products.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::store {

struct Supplier {
  SupplierId id;
  std::string name;
  std::optional<std::string> email;
  std::optional<std::string> phone;
  std::optional<std::string> address;
  std::int64_t revision = 1;
  TimePoint created_at;
  TimePoint updated_at;
};

void insert_row(db::Txn& txn, const TenantScope& scope, const Supplier& supplier);
std::optional<Supplier> find_row(db::Txn& txn, const TenantScope& scope, SupplierId id);
// Those of exactly this name; two at most, which is enough to see that it says too little.
std::vector<SupplierId> suppliers_named(db::Txn& txn, const TenantScope& scope, const std::string& name);
// The same, locked until the commit.
std::optional<Supplier> lock_row(db::Txn& txn, const TenantScope& scope, SupplierId id);
// Writes it, and counts its revision up. The caller holds the lock.
void update_row(db::Txn& txn, const TenantScope& scope, const Supplier& supplier);
// Throws db::ForeignKeyError while a product names it.
void delete_row(db::Txn& txn, const TenantScope& scope, SupplierId id);

struct SupplierFilter {
  std::optional<std::string> q;  // in the name, without case
};
std::vector<Supplier> list_rows(db::Txn& txn, const TenantScope& scope, const SupplierFilter& filter,
                                const std::optional<Keyset>& from, std::int64_t limit);
std::int64_t count_rows(db::Txn& txn, const TenantScope& scope, const SupplierFilter& filter);

}  // namespace tenantd::store
