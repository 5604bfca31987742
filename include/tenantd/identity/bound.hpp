// Sessions that an identity provider has opened are good for its organization alone: the organization chose
// the provider, and must not reach what the same person has elsewhere.
#pragma once

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::service {

// For what reaches beyond one organization. Throws ApiError(session_bound).
void require_unbound(const Principal& principal);

// For what concerns the account itself: throws ApiError(session_bound) if the session is bound and the
// account belongs to other organizations too.
void require_whole_account(db::Txn& txn, const Principal& principal);

}  // namespace tenantd::service
