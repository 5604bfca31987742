// What becomes of what members have set up, once they may set it up no longer.
#pragma once

#include <vector>

#include "tenantd/domain/permission_set.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

struct Suspended {
  std::int64_t webhooks = 0;
  std::int64_t streams = 0;
};

// Pauses the webhooks and streams that `keepers`, or those who hold the role, answer for and may not make
// with `held` any more, and tells of each. Call under the organization's lock. Somebody who may saves them as
// active again.
Suspended suspend_kept(const Work& work, const std::vector<UserId>& keepers, const PermissionSet& held = {});
Suspended suspend_kept(const Work& work, RoleId role, const PermissionSet& held);

}  // namespace tenantd::service
