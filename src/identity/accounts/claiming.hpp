// Whoever reads an address comes for the account that somebody else may have made with it.
#pragma once

#include <string>

#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// The account of an unverified address gets a password of its mailbox's reader, and nothing is left of what
// was set up in it: sessions, links, keys, factors and sign-ins by a provider end; what others could do in
// its organizations is switched off (Founding::reclaim), and a mail says what, for the owner to switch on
// again. The caller has used up a token that was mailed there. `phc`: of the new password. Returns the
// account as it is then, with its address verified.
UserRecord claim_account(db::Txn& txn, const Context& context, UserRecord user, const std::string& phc);

}  // namespace tenantd::service
