// An organization's own roles. Nobody makes, changes or removes one that holds more than they do themselves.
#pragma once

#include <functional>

#include "tenantd/effects/context.hpp"
#include "tenantd/identity/roles_store.hpp"

namespace tenantd::service {

// `role`: as a body filled it. Throws ApiError: role_outranks, conflict (another role has the name, in
// whatever case).
store::Role make_role(const Work& work, store::Role role);

// Replaces the role; counts on the next request of its holders. Pending invitations by holders who lost by it
// are revoked. Throws ApiError: not_found, system_role, role_outranks (what it held or is to hold),
// precondition_failed, conflict, reauthentication_required (require_proof_to_give()).
store::Role change_role_itself(const Work& work, RoleId id, const store::Role& form);

// Throws ApiError: not_found, system_role, role_outranks, role_in_use.
void remove_role(const Work& work, RoleId id);

}  // namespace tenantd::service
