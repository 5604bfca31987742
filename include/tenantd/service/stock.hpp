// Moving stock. The product's row is locked first, so that movements of one product come one after the other;
// no level falls below zero, and the ledger and the levels are written together.
#pragma once

#include "tenantd/service/context.hpp"
#include "tenantd/store/tenant/products.hpp"
#include "tenantd/store/tenant/stock.hpp"

namespace tenantd::service {

struct MovementForm {
  ProductId product;
  WarehouseId warehouse;
  std::optional<WarehouseId> to_warehouse;  // of a transfer
  MovementType type = MovementType::in;
  std::int64_t quantity = 0;  // of an adjustment: what was counted
  std::string reason;
};

// Throws ApiError: validation_failed (what the form names is not there, or does not go with the type),
// insufficient_stock.
store::Movement move_stock(db::Txn& txn, const Context& context, const TenantScope& scope,
                           const MovementForm& form);

// Since when `product` is low, after it became `quantity`: nullopt if it is not. A crossing begins at `now`.
std::optional<TimePoint> low_since(const store::Product& product, TimePoint now);

}  // namespace tenantd::service
