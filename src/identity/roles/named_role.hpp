// Roles by the names that people type.
#pragma once

#include <string>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/identity/organizations_store.hpp"

namespace tenantd::service {

// Returns the role that store::find_role() finds. Throws ApiError(validation_failed) at `pointer` that names
// the organization's roles if there is none.
RoleRecord named_role(db::Txn& txn, const TenantScope& scope, const std::string& name,
                      const std::string& pointer);

// Before somebody gets `permissions`. Throws ApiError(reauthentication_required) if the organization could be
// given away by them, and the caller's proof of who they are is not fresh.
void require_proof_to_give(const Context& context, const PermissionSet& permissions);

// "there is no such role; the roles are: admin, manager, …"
std::string no_such_role(db::Txn& txn, const TenantScope& scope);

}  // namespace tenantd::service
