// Moving stock. The product's row is locked first, so that movements of one product come one after the other;
// no level falls below zero, and the ledger and the levels are written together. Who moves several products
// in one transaction takes them in the order of their ids.
#pragma once

#include "modules/inventory/product.hpp"
#include "modules/inventory/stock_store.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

struct MovementForm {
  ProductId product;
  WarehouseId warehouse;
  std::optional<WarehouseId> to_warehouse;  // of a transfer
  MovementType type = MovementType::in;
  std::int64_t quantity = 0;  // of an adjustment: what was counted, maybe 0
  std::string reason;
  std::optional<MovementId> id = std::nullopt;  // one that no movement has; nullopt = a new one
};

// Throws ApiError: validation_failed (what the form names is not there, does not go with the type, or would
// make more than there can be), insufficient_stock.
store::Movement move_stock(const Work& work, const MovementForm& form);
// The same of a product that the caller has locked; its quantity goes along. What throws has written nothing,
// unless a warehouse is missing.
store::Movement move_held(const Work& work, store::Product& product, const MovementForm& form);

// Since when `product` is low, after it became `quantity`: nullopt if it is not. A crossing begins at `now`.
std::optional<TimePoint> low_since(const store::Product& product, TimePoint now);
// Tells that `product` has become low, if it was not so before.
void tell_if_low(const Work& work, const store::Product& before, const store::Product& product);

}  // namespace tenantd::service
