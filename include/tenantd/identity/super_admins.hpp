// Making an account super-admin, and ending that. For the operator's tenantctl alone: the API
// does neither, but for the first one (identity/setup.hpp).
#pragma once

#include <optional>

#include "identity/tenants/super_admins_store.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/domain/email.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

bool is_super_admin(db::Txn& txn, const Email& email);

// Both return whether the account was super-admin before, or nullopt if the address has none. A change leaves
// an audit row in the system's chain. Granting throws ApiError(account_unverified) where the account has not
// shown that the address is its owner's.
std::optional<bool> grant_super_admin(db::Txn& txn, const Context& context, const Email& email);
// Ends the account's sessions, and the impersonations that it began.
std::optional<bool> revoke_super_admin(db::Txn& txn, const Context& context, const Email& email);

}  // namespace tenantd::service
