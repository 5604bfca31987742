// What a member has set up and goes on by itself, and what becomes of it without that member.
#pragma once

#include <vector>

#include "tenantd/domain/webhook.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// Pauses those of the organization's webhooks that are active, and tells of each. For when who answers for
// them may make none any more, under the organization's lock. Somebody who may saves them as active again.
// Returns how many there were.
std::int64_t suspend_webhooks(const Work& work, const std::vector<WebhookId>& ids);

}  // namespace tenantd::service
