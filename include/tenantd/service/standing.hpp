// Whether a caller still holds what the request was let in with, once nobody else can change it.
#pragma once

#include "tenantd/service/context.hpp"
#include "tenantd/store/tenant/members.hpp"

namespace tenantd::service {

// Locks the organization and reads the caller's membership again: of two who act on each other, the second
// may be no member any more. Throws ApiError(forbidden) if the caller lost anything.
store::Member stand_under_lock(db::Txn& txn, const Context& context, const TenantScope& scope);

}  // namespace tenantd::service
