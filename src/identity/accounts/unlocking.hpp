// The mail that tells an owner of the account's lock, and the link in it.
#pragma once

#include <string>

#include "tenantd/effects/context.hpp"
#include "tenantd/identity/accounts_store.hpp"

namespace tenantd::service {

// Of a guess that was wrong: mails the owner if it locked the account. Afterwards, since an address that has
// no account gets no mail: the time of the reply tells nothing.
void tell_of_lock(const Context& context, UserId user, const store::CountedAttempt& counted);

}  // namespace tenantd::service
