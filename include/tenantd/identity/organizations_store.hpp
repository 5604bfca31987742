// The organization itself and its roles.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/domain/tenant.hpp"

namespace tenantd::store {

// Makes the statements of `txn` see the rows of `scope`, and no others.
void enter(db::Txn& txn, const TenantScope& scope);

// Throws db::DuplicateKey (key "slug") if another organization has the slug.
OrganizationRecord insert_organization(db::Txn& txn, const TenantScope& scope, const std::string& name,
                                       const std::string& slug, bool personal, const TenantLimits& limits,
                                       TimePoint now);
std::optional<OrganizationRecord> find_organization(db::Txn& txn, const TenantScope& scope);
// What its own people may change of an organization.
struct OrganizationForm {
  std::string name;
  std::string slug;
  std::string settings = "{}";  // a JSON object
  bool require_mfa = false;
  BusinessSettings business;
};
// nullopt if it is gone.
std::optional<OrganizationForm> find_organization_form(db::Txn& txn, const TenantScope& scope);
// How many active members it may have; nullopt = no limit.
std::optional<std::int64_t> find_member_limit(db::Txn& txn, const TenantScope& scope);
// Throws db::DuplicateKey (key "slug") if another organization has the slug.
void update_organization(db::Txn& txn, const TenantScope& scope, const OrganizationForm& form, TimePoint now);
// Closes it, if that is its name: nobody finds it from the commit on, and the sweeper removes what it had.
void delete_organization(db::Txn& txn, const TenantScope& scope, const std::string& name);
// Serializes what must not race inside one organization (the last owner). False if there is none any more.
bool lock_organization(db::Txn& txn, const TenantScope& scope);
// The same for one who does not wait. Throws db::LockTimeout if another holds it.
bool lock_organization_now(db::Txn& txn, const TenantScope& scope);

// Makes the five system roles; returns the owner's.
RoleRecord insert_system_roles(db::Txn& txn, const TenantScope& scope, TimePoint now);
// As their uniqueness compares: without case, accents and trailing blanks; or the one that the name is an
// alias of (role_alias()).
std::optional<RoleRecord> find_role(db::Txn& txn, const TenantScope& scope, const std::string& name);
std::optional<RoleRecord> find_role(db::Txn& txn, const TenantScope& scope, RoleId id);

}  // namespace tenantd::store
