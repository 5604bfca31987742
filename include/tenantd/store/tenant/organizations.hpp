// The organization itself and its roles.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::store {

// Makes the statements of `txn` see the rows of `scope`, and no others.
void enter(db::Txn& txn, const TenantScope& scope);

// Throws db::DuplicateKey (key "slug") if another organization has the slug.
OrganizationRecord insert_organization(db::Txn& txn, const TenantScope& scope, const std::string& name,
                                       const std::string& slug, bool personal, TimePoint now);
std::optional<OrganizationRecord> find_organization(db::Txn& txn, const TenantScope& scope);
struct OrganizationChange {
  std::optional<std::string> name;
  std::optional<std::string> slug;
  std::optional<std::string> settings;  // a JSON object
  std::optional<bool> require_mfa;
};
// Throws db::DuplicateKey (key "slug") if another organization has the slug.
void update_organization(db::Txn& txn, const TenantScope& scope, const OrganizationChange& change,
                         TimePoint now);
// Ends it with everything that belongs to it, if that is its name.
void delete_organization(db::Txn& txn, const TenantScope& scope, const std::string& name);
// Serializes what must not race inside one organization (the last owner).
void lock_organization(db::Txn& txn, const TenantScope& scope);

// Makes the five system roles; returns the owner's.
RoleRecord insert_system_roles(db::Txn& txn, const TenantScope& scope, TimePoint now);
std::optional<RoleRecord> find_role(db::Txn& txn, const TenantScope& scope, const std::string& name);
std::optional<RoleRecord> find_role(db::Txn& txn, const TenantScope& scope, RoleId id);

}  // namespace tenantd::store
