// Stock: a ledger of movements that only grows, and the levels that it sums up to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/domain/stock.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::store {

struct Movement {
  MovementId id;
  ProductId product;
  WarehouseId warehouse;
  std::optional<WarehouseId> to_warehouse;  // of a transfer
  MovementType type = MovementType::in;
  std::int64_t quantity = 0;     // as asked for; of an adjustment: what was counted
  std::int64_t change = 0;       // of the level at `warehouse`
  std::int64_t level_after = 0;  // at `warehouse`
  std::string reason;
  std::optional<UserId> created_by;
  TimePoint created_at;
};

// Throws db::ForeignKeyError for a warehouse that is not there.
void insert_movement(db::Txn& txn, const TenantScope& scope, const Movement& movement);
std::optional<Movement> find_movement(db::Txn& txn, const TenantScope& scope, MovementId id);

struct MovementFilter {
  std::optional<ProductId> product;
  std::optional<WarehouseId> warehouse;  // at either end
  std::optional<MovementType> type;
};
// Newest first.
std::vector<Movement> list_movements(db::Txn& txn, const TenantScope& scope, const MovementFilter& filter,
                                     const std::optional<Keyset>& from, std::int64_t limit);
std::int64_t count_movements(db::Txn& txn, const TenantScope& scope, const MovementFilter& filter);

// A movement with the names of what it moves.
struct NamedMovement {
  Movement movement;
  std::string sku;
  std::string warehouse;
  std::optional<std::string> to_warehouse;
};
// Oldest first.
std::vector<NamedMovement> export_movements(db::Txn& txn, const TenantScope& scope,
                                            const MovementFilter& filter, const std::optional<Keyset>& from,
                                            std::int64_t limit);

// How much of a product lies in a warehouse, and since when; 0 since 1970 if nothing ever did.
struct Place {
  std::int64_t quantity = 0;
  TimePoint updated_at;
};
Place find_place(db::Txn& txn, const TenantScope& scope, ProductId product, WarehouseId warehouse);
// Writes a level. The caller holds the product's lock. Throws db::ForeignKeyError (no such warehouse).
void set_level(db::Txn& txn, const TenantScope& scope, ProductId product, WarehouseId warehouse,
               std::int64_t quantity, TimePoint now);

// What lies where of one product.
struct Level {
  ProductId product;
  WarehouseId warehouse;
  std::string warehouse_name;
  std::int64_t quantity = 0;
  TimePoint updated_at;
};
// Of these products, in their order, then by the warehouse's name; up to `limit` of them.
std::vector<Level> levels_of(db::Txn& txn, const TenantScope& scope, const std::vector<ProductId>& products,
                             const std::optional<WarehouseId>& warehouse, std::int64_t limit);

}  // namespace tenantd::store
