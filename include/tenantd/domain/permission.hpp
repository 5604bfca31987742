// The permissions: the one table of who may do what (role-based access control, NIST RBAC).
#pragma once

#include "tenantd/domain/permission_set.hpp"
#include "tenantd/domain/resources.hpp"

namespace tenantd {

#define TENANTD_RESOURCE_PERMISSIONS(X, one, many) \
  X(many##_create, #many ":create")                \
  X(many##_read, #many ":read")                    \
  X(many##_update, #many ":update")                \
  X(many##_delete, #many ":delete")

// X(enumerator, "resource:action"). Names are stored in custom roles: renaming one needs a migration.
#define TENANTD_PERMISSIONS(X)                              \
  X(users_create, "users:create")                           \
  X(users_read, "users:read")                               \
  X(users_update, "users:update")                           \
  X(users_delete, "users:delete")                           \
  X(users_invite, "users:invite")                           \
  X(roles_create, "roles:create")                           \
  X(roles_read, "roles:read")                               \
  X(roles_update, "roles:update")                           \
  X(roles_delete, "roles:delete")                           \
  X(roles_assign, "roles:assign")                           \
  X(tenant_manage, "tenant:manage")                         \
  X(tenant_billing, "tenant:billing")                       \
  X(tenant_transfer, "tenant:transfer")                     \
  X(tenant_delete, "tenant:delete")                         \
  X(projects_create, "projects:create")                     \
  X(projects_read, "projects:read")                         \
  X(projects_update, "projects:update")                     \
  X(projects_delete, "projects:delete")                     \
  X(documents_create, "documents:create")                   \
  X(documents_read, "documents:read")                       \
  X(documents_update, "documents:update")                   \
  X(documents_delete, "documents:delete")                   \
  X(documents_download, "documents:download")               \
  TENANTD_RESOURCES(TENANTD_RESOURCE_PERMISSIONS, X)        \
  X(stock_create, "stock:create")                           \
  X(stock_read, "stock:read")                               \
  X(purchase_requests_create, "purchase_requests:create")   \
  X(purchase_requests_read, "purchase_requests:read")       \
  X(purchase_requests_update, "purchase_requests:update")   \
  X(purchase_requests_submit, "purchase_requests:submit")   \
  X(purchase_requests_approve, "purchase_requests:approve") \
  X(audit_read, "audit:read")                               \
  X(events_read, "events:read")                             \
  X(stats_read, "stats:read")                               \
  X(webhooks_manage, "webhooks:manage")                     \
  X(api_keys_manage, "api_keys:manage")                     \
  X(identity_providers_manage, "identity_providers:manage") \
  X(oauth_clients_manage, "oauth_clients:manage")           \
  X(domains_manage, "domains:manage")                       \
  X(scim_provision, "scim:provision")                       \
  X(streams_manage, "streams:manage")

enum class Permission : std::uint8_t {
#define X(name, text) name,
  TENANTD_PERMISSIONS(X)
#undef X
};

// Those whose name `fits`.
template <class Fits>
constexpr PermissionSet permissions_where(Fits fits) {
  PermissionSet set;
#define X(name, text) \
  if (fits(std::string_view{text})) set = set.with(Permission::name);
  TENANTD_PERMISSIONS(X)
#undef X
  return set;
}

// What the rows of a described list ask for.
struct Rights {
  Permission create, read, update, remove;
};
namespace rights {
#define TENANTD_RIGHTS(X, one, many)                                               \
  inline constexpr Rights many{Permission::many##_create, Permission::many##_read, \
                               Permission::many##_update, Permission::many##_delete};
TENANTD_RESOURCES(TENANTD_RIGHTS, )
#undef TENANTD_RIGHTS
}  // namespace rights

inline constexpr std::size_t kPermissionCount = 0
#define X(name, text) +1
    TENANTD_PERMISSIONS(X)
#undef X
    ;
static_assert(kPermissionCount <= PermissionSet::kCapacity);

}  // namespace tenantd
