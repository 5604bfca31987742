// Whether a caller still holds what the request was let in with, once nobody else can change it.
#pragma once

#include "tenantd/effects/context.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/identity/members_store.hpp"

namespace tenantd::service {

// `try_briefly`: for the lane that everybody signs in by. Who finds the organization locked gives up at once,
// with db::LockTimeout.
enum class Lock { wait, try_briefly };

// Locks the organization and reads the caller's membership again: of two who act on each other, the second
// may be no member any more. Throws ApiError(forbidden) if the caller lost anything.
store::Member stand_under_lock(const Work& work, Lock lock = Lock::wait);

// Locks the caller's account and looks whether the session that calls still counts: while the request waited
// for a lock it may have ended. Throws ApiError(invalid_token). For what is changed under no organization's
// lock; stand_under_lock does it too.
void require_live_session(db::Txn& txn, const Context& context);

// The same of a caller who sets up what lasts. Throws ApiError(temporary_right) if the caller's role has an
// end: the authorizer has looked, but an end may have been set since.
store::Member stand_for_good(const Work& work, Lock lock = Lock::wait);

// True if `keeper` holds all of `needs` for good: an active member whose role has no end, or a super-admin.
// Exact only while the organization is locked.
bool stands_for_good(db::Txn& txn, const TenantScope& scope, UserId keeper, PermissionSet needs);

// The member as the reader of a mail.
Reader reader_of(const store::Member& member);

}  // namespace tenantd::service
