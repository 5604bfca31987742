#include "tenantd/identity/bound.hpp"

#include "tenantd/domain/error.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::service {

void require_unbound(const Principal& principal) {
  if (principal.bound_org)
    throw ApiError(ErrorCode::session_bound,
                   "Signed in by an organization's identity provider: good for it alone");
}

void require_whole_account(db::Txn& txn, const Principal& principal) {
  if (principal.bound_org && store::count_memberships(txn, principal.user.id) > 1) require_unbound(principal);
}

void require_provider(const std::string& slug) {
  throw ApiError(ErrorCode::sso_required, "Sign in by the provider of " + slug +
                                              " (GET /api/v1/auth/oauth/{provider}/login/" + slug + ")")
      .member("organization", slug);
}

}  // namespace tenantd::service
