// Sessions that an identity provider has opened are good for its organization alone: the organization chose
// the provider, and must not reach what the same person has elsewhere.
#pragma once

#include <string>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::service {

// For what reaches beyond one organization. Throws ApiError(session_bound).
void require_unbound(const Principal& principal);

// For what concerns the account itself: throws ApiError(session_bound) if the session is bound and the
// account belongs to other organizations too.
void require_whole_account(db::Txn& txn, const Principal& principal);

// For a member whom the organization with this slug lets in by its provider alone. Throws
// ApiError(sso_required), which names it.
[[noreturn]] void require_provider(const std::string& slug);

}  // namespace tenantd::service
