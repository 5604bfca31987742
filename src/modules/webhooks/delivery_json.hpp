// A delivery to a webhook as replies have it.
#pragma once

#include "modules/webhooks/webhooks_store.hpp"
#include "tenantd/api/json.hpp"

namespace tenantd::api::handlers {

void put_delivery(JsonOut& json, const store::WebhookDelivery& delivery);

}  // namespace tenantd::api::handlers
