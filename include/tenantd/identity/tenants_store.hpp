// Organizations as tenants of the service, for super-admins: found, counted and limited wherever they are.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/domain/tenant.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::store {

struct Tenant {
  OrganizationRecord organization;
  TenantLimits limits;
  std::optional<TimePoint> deactivated_at;
  std::int64_t revision = 1;
  TenantUsage usage;
};

struct TenantFilter {
  std::optional<Status> status;
  std::optional<std::string> q;  // part of the name or of the slug, in either case
};
// Returns at most `limit` tenants, oldest first, after `from`.
std::vector<Tenant> list_tenants(db::Txn& txn, const SuperAdmin& admin, const TenantFilter& filter,
                                 const std::optional<Keyset>& from, std::int64_t limit);
std::int64_t count_tenants(db::Txn& txn, const SuperAdmin& admin, const TenantFilter& filter);
std::optional<Tenant> find_tenant(db::Txn& txn, const SuperAdmin& admin, OrgId id);

// Writes name, slug, status and limits. False if its revision is another by now. Throws db::DuplicateKey (key
// "slug") if another organization has the slug.
bool update_tenant(db::Txn& txn, const SuperAdmin& admin, const Tenant& tenant, TimePoint now);

struct StatusCounts {
  std::int64_t active = 0;
  std::int64_t inactive = 0;
};
StatusCounts count_tenants_by_status(db::Txn& txn, const SuperAdmin& admin);
// Memberships, over all tenants.
StatusCounts count_all_members(db::Txn& txn, const SuperAdmin& admin);

struct TenantsOfDay {
  std::int64_t day = 0;  // since 1970
  std::int64_t tenants = 0;
};
std::vector<TenantsOfDay> count_tenants_by_day(db::Txn& txn, const SuperAdmin& admin, TimePoint from,
                                               TimePoint to);

struct LargeTenant {
  OrgId id;
  std::string name;
  std::string slug;
  std::int64_t active_members = 0;
};
std::vector<LargeTenant> largest_tenants(db::Txn& txn, const SuperAdmin& admin, std::int64_t limit);

// What goes on in one organization, besides its members.
struct TenantActivity {
  std::int64_t pending_invites = 0;
  std::int64_t api_keys = 0;
  std::int64_t live_sessions = 0;             // that are active in it
  std::optional<TimePoint> last_activity_at;  // a change, a sign-in or refresh, or a call by a key
};
TenantActivity find_tenant_activity(db::Txn& txn, const TenantScope& scope, TimePoint now);

}  // namespace tenantd::store
