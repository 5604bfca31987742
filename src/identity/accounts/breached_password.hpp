// Passwords that were chosen before they stood in a list of leaked ones.
#pragma once

#include "tenantd/db/txn.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// Writes down that somebody has signed in by such a password, and tells the owner by mail: once in 30 days.
void tell_of_breach(db::Txn& txn, const Context& context, const UserRecord& user);

}  // namespace tenantd::service
