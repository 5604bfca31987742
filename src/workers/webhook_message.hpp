// What a webhook's receiver gets: an event as JSON, signed as Standard Webhooks says
// (https://www.standardwebhooks.com), so that its libraries verify it.
#pragma once

#include <vector>

#include "tenantd/base/secret.hpp"
#include "tenantd/modules/webhooks/deliveries_store.hpp"
#include "tenantd/net/outbound.hpp"

namespace tenantd::service {

// {"id", "seq", "type", "organization_id", "actor_id", "subject_id", "data", "created_at"}: the same at each
// attempt.
std::string webhook_body(OrgId org, EventId event, const store::Dispatch& dispatch);

// "v1,<base64 of HMAC-SHA-256 over id.timestamp.body>" for each secret, blanks between.
std::string standard_signature(const std::vector<Secret>& secrets, std::string_view id, TimePoint at,
                               const std::string& body);
std::string webhook_signature(const std::vector<Secret>& secrets, EventId event, TimePoint at,
                              const std::string& body);

// The POST of one attempt at `at`. Throws std::runtime_error if a secret cannot be opened by this key.
net::OutboundRequest webhook_request(const Secret& seal_key, const store::DeliveryClaim& claim,
                                     const store::Dispatch& dispatch, TimePoint at);

}  // namespace tenantd::service
