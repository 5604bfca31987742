// A movement by the body that makes it.
#pragma once

#include "tenantd/api/json.hpp"
#include "tenantd/modules/inventory/stock.hpp"

namespace tenantd::api::handlers {

service::MovementForm form_of(const JsonValue& body);

}  // namespace tenantd::api::handlers
