// What a right with an end may not be used for: whatever goes on granting, letting people in or sending when
// the right is over.
#pragma once

#include "tenantd/domain/permission.hpp"

namespace tenantd {

// Judged by the name, so that a permission that comes later is refused until it is known to be harmless.
// Business data grants nothing. What is given to people (users:*, roles:assign) ends no later than the right
// of who gives it; an API key and an invitation are judged by their maker's right when they are used.
constexpr bool ends_with_its_holder(std::string_view name) {
  const auto colon = name.find(':');
  const auto resource = name.substr(0, colon);
  const auto action = name.substr(colon + 1);
  if (action == "read" || action == "download") return true;
  if (name == "roles:assign" || name == "api_keys:manage") return true;
  return resource == "users" || is_business(resource);
}

// Only a role without an end changes anything by these.
inline constexpr PermissionSet kLasting =
    permissions_where([](std::string_view name) { return !ends_with_its_holder(name); });

static_assert(kLasting.has(Permission::roles_create) && kLasting.has(Permission::roles_update) &&
              kLasting.has(Permission::identity_providers_manage) &&
              kLasting.has(Permission::webhooks_manage) && kLasting.has(Permission::tenant_manage) &&
              kLasting.has(Permission::tenant_transfer) && !kLasting.has(Permission::users_invite));

}  // namespace tenantd
