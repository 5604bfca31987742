// What a member has set up and goes on by itself, and what becomes of it without that member.
#pragma once

#include <vector>

#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// Pauses the webhooks that `keepers`, or those who hold the role, answer for, and tells of each. For when
// they may make none any more, under the organization's lock. Somebody who may saves them as active again.
// Returns how many there were.
std::int64_t suspend_webhooks_of(const Work& work, const std::vector<UserId>& keepers);
std::int64_t suspend_webhooks_of(const Work& work, RoleId role);

}  // namespace tenantd::service
