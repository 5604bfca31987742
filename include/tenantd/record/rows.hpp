// Rows of a record: in the database, and how they are made, changed and removed.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tenantd/effects/keyset.hpp"
#include "tenantd/record/record.hpp"

namespace tenantd::record {

// --- rows in the database ---

std::optional<Object> find(const Record& record, db::Txn& txn, const TenantScope& scope, const UuidBytes& id);
// The same, locked until the commit.
std::optional<Object> lock(const Record& record, db::Txn& txn, const TenantScope& scope, const UuidBytes& id);
// True if it is there, which it stays until the commit.
bool hold(const Record& record, db::Txn& txn, const TenantScope& scope, const UuidBytes& id);
// In the order of their making. `q`: text that a searched field holds, without case; nullopt: all.
std::vector<Object> list(const Record& record, db::Txn& txn, const TenantScope& scope,
                         const std::optional<std::string>& q, const std::optional<store::Keyset>& from,
                         std::int64_t limit);
// Where a list goes on after `row`.
store::Keyset place_of(const Object& row);
std::int64_t count(const Record& record, db::Txn& txn, const TenantScope& scope,
                   const std::optional<std::string>& q);
// Those whose `name` is exactly this; two at most, which is enough to see that it says too little.
std::vector<UuidBytes> named(const Record& record, db::Txn& txn, const TenantScope& scope,
                             std::string_view text);

// The row whose unique field is this, as the schema compares.
std::optional<UuidBytes> find_unique(const Record& record, db::Txn& txn, const TenantScope& scope,
                                     std::string_view value);

template <class AnyId>
std::vector<AnyId> ids_named(const Record& record, db::Txn& txn, const TenantScope& scope,
                             std::string_view text) {
  std::vector<AnyId> ids;
  for (const auto& id : named(record, txn, scope, text)) ids.emplace_back(id);
  return ids;
}

// --- making, changing and removing: written, told to the audit and to the events, in one transaction ---

// Gives the row an id and times of its own. Throws ApiError: what the record's hooks and constraints refuse
// with.
void make(Object& row, db::Txn& txn, const service::Context& context, const TenantScope& scope);
// Changes the row by `edit`, once nobody else can. `is_expected` judges its revision. Throws ApiError:
// not_found, precondition_failed, and as make().
Object change(const Record& record, db::Txn& txn, const service::Context& context, const TenantScope& scope,
              const UuidBytes& id, const std::function<bool(std::int64_t revision)>& is_expected,
              const std::function<void(Object&)>& edit);
// Throws ApiError: not_found, resource_in_use.
void remove(const Record& record, db::Txn& txn, const service::Context& context, const TenantScope& scope,
            const UuidBytes& id);

}  // namespace tenantd::record
