// Every organization, for super-admins.
#pragma once

#include <optional>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::store {

struct ListedOrganization {
  OrganizationRecord organization;
  std::optional<RoleRecord> role;  // of the one who asks, if a member
};
// Returns at most `limit` organizations, oldest first, after `from`; none unless `super_admin` is one.
std::vector<ListedOrganization> list_organizations(db::Txn& txn, UserId super_admin,
                                                   const std::optional<Keyset>& from, std::int64_t limit);
std::int64_t count_organizations(db::Txn& txn, UserId super_admin);

}  // namespace tenantd::store
