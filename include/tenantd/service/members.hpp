// Changing who belongs to an organization, and as what.
#pragma once

#include <string>

#include "tenantd/service/context.hpp"
#include "tenantd/store/tenant/members.hpp"

namespace tenantd::service {

// Ends the membership and removes the person's pending invitations. Throws ApiError: not_found, role_outranks
// (the member holds more than the caller), last_owner.
void remove_member(db::Txn& txn, const Context& context, const TenantScope& scope, UserId user);

// Gives the member another role. Throws ApiError: not_found, role_outranks (the old or the new role exceeds
// the caller's), last_owner.
store::Member change_role(db::Txn& txn, const Context& context, const TenantScope& scope, UserId user,
                          const std::string& role_name);

}  // namespace tenantd::service
