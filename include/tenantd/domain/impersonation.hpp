// What a super-admin may change while acting as somebody else: the organization's business data, and nothing
// about who gets in, with which rights, or by which secret.
#pragma once

#include "tenantd/domain/permission.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd {

// Judged by the name, so that a permission that comes later is left out until it is known to be harmless.
// Approving is out: a decision is a person's own, and one who may act as two could approve what they asked
// for.
constexpr bool outlives_impersonation(std::string_view name) {
  const auto colon = name.find(':');
  const auto resource = name.substr(0, colon);
  const auto action = name.substr(colon + 1);
  if (action == "read" || action == "download") return true;
  return is_business(resource) &&
         (action == "create" || action == "update" || action == "delete" || action == "submit");
}

inline constexpr PermissionSet kImpersonable = permissions_where(outlives_impersonation);

static_assert(!kImpersonable.has(Permission::users_update) && !kImpersonable.has(Permission::roles_assign) &&
              !kImpersonable.has(Permission::api_keys_manage) &&
              !kImpersonable.has(Permission::tenant_manage));

// What the principal holds in the active organization, less what nobody does in another's name.
inline PermissionSet held_by(const Principal& principal, TimePoint now) {
  const auto held = principal.role.permissions_at(now);
  return principal.actor ? held & kImpersonable : held;
}

}  // namespace tenantd
