// Erasing an account: what it holds goes at once, and its traces in organizations' histories behind that
// (tenantd/identity/erasures.hpp). The account's row stays without a name, since others' rows name it.
#pragma once

#include <optional>
#include <string>

#include "tenantd/db/txn.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/identity/organizations.hpp"

namespace tenantd::service {

// By the person, who proves it once more, and types the account's address. Throws ApiError:
// reauthentication_required, confirmation_mismatch, last_owner (an organization would have no owner; it says
// which), conflict (the account is a super-admin's), session_bound, contended.
void erase_own_account(db::Txn& txn, const Context& context, const Session& session, const std::string& email,
                       const Proof& proof);

// By a super-admin, of whoever is none. Throws ApiError: not_found (also of an account that is erased),
// confirmation_mismatch, last_owner, conflict, contended.
void erase_account(db::Txn& txn, const Context& context, const SuperAdmin& admin, UserId user,
                   const std::string& email);

}  // namespace tenantd::service
