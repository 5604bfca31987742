// Roles of one organization: the five of the system, which nobody changes, and those it made for itself.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::store {

struct Role {
  RoleId id;
  std::string name;
  std::string description;
  PermissionSet permissions;
  bool is_system = false;
  std::int64_t revision = 1;  // counts changes
  TimePoint created_at;
  TimePoint updated_at;
};

// Returns at most `limit` roles, oldest first, after `from`.
std::vector<Role> list_roles(db::Txn& txn, const TenantScope& scope, const std::optional<Keyset>& from,
                             std::int64_t limit);
std::int64_t count_roles(db::Txn& txn, const TenantScope& scope);
std::optional<Role> find_whole_role(db::Txn& txn, const TenantScope& scope, RoleId id);
// As find_whole_role, and locked until the transaction ends: nobody is given the role meanwhile.
std::optional<Role> lock_role(db::Txn& txn, const TenantScope& scope, RoleId id);

// Throws db::DuplicateKey (key "role_name") if another role has the name, in whatever case.
void insert_role(db::Txn& txn, const TenantScope& scope, const Role& role);
// Stores name, description and permissions as the next revision. False if `role.revision` is no longer the
// newest one. Throws as insert_role.
bool update_role(db::Txn& txn, const TenantScope& scope, const Role& role, TimePoint now);
bool delete_role(db::Txn& txn, const TenantScope& scope, RoleId id);

// True if a member holds the role, or an invitation that can still be accepted would give it, or an
// identity provider gives it to newcomers, or a threshold of approval names it. Exact only under lock_role.
bool is_role_in_use(db::Txn& txn, const TenantScope& scope, RoleId id, TimePoint now);

}  // namespace tenantd::store
