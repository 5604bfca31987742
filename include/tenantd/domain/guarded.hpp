// What only somebody uses who has shown lately who it is: whatever lets people or programs in, hands the
// organization on, or sends what happens here elsewhere.
#pragma once

#include "tenantd/domain/permission.hpp"

namespace tenantd {

// Judged by the name, so that a permission that comes later is guarded until it is known to be harmless.
// Name, slug and settings (tenant:manage) are changed without.
constexpr bool is_guarded(std::string_view name) {
  if (name == "tenant:transfer" || name == "tenant:delete") return true;
  return name.ends_with(":manage") && name != "tenant:manage";
}

inline constexpr PermissionSet kGuarded = permissions_where(is_guarded);

static_assert(kGuarded.has(Permission::identity_providers_manage) &&
              kGuarded.has(Permission::domains_manage) && kGuarded.has(Permission::api_keys_manage) &&
              kGuarded.has(Permission::webhooks_manage) && !kGuarded.has(Permission::tenant_manage));

}  // namespace tenantd
