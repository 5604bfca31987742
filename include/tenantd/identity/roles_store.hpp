// Roles of one organization: the five of the system, which nobody changes, and those it made for itself.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/record/resource.hpp"
#include "tenantd/record/table.hpp"

namespace tenantd::store {

struct Role {
  RoleId id;
  OrgId org;
  std::string name;
  std::string description;
  PermissionSet permissions;
  std::int64_t revision = 1;  // counts changes
  TimePoint created_at, updated_at;
};

// True for one of the five: the schema keeps their names for them.
bool is_system(const Role& role);

// The field list. A write throws ApiError(conflict) if another role has the name, in whatever case.
extern const record::Resource role_list;
extern const record::Table<Role> role_table;

// Throws what a write is refused with whose name another role has.
[[noreturn]] void refuse_role_name();

// Returns at most `limit` roles, oldest first.
std::vector<Role> list_roles(db::Txn& txn, const TenantScope& scope, std::int64_t limit);
// Locked until the transaction ends: nobody is given the role meanwhile.
std::optional<Role> lock_role(db::Txn& txn, const TenantScope& scope, RoleId id);
// Stores name, description and permissions as the next revision. The caller holds the lock.
void update_role(db::Txn& txn, const TenantScope& scope, const Role& role);

// True if a member holds the role, or an invitation that can still be accepted would give it, or an
// identity provider gives it to newcomers, or a threshold of approval names it. Exact only under lock_role.
bool is_role_in_use(db::Txn& txn, const TenantScope& scope, RoleId id, TimePoint now);

}  // namespace tenantd::store
