// A product by the body that makes it.
#pragma once

#include "tenantd/api/json.hpp"
#include "tenantd/store/tenant/products.hpp"

namespace tenantd::api::handlers {

// Throws ApiError(validation_failed) for a price without a currency, and the reverse.
void fill(store::Product& product, const JsonValue& body);

}  // namespace tenantd::api::handlers
