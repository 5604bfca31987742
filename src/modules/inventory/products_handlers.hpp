// A product by the body that makes it.
#pragma once

#include "modules/inventory/products_store.hpp"
#include "tenantd/api/json.hpp"

namespace tenantd::api::handlers {

// Throws ApiError(validation_failed) for a price without a currency, and the reverse.
void fill(store::Product& product, const JsonValue& body);

}  // namespace tenantd::api::handlers
