#include "tenantd/domain/way_in.hpp"

namespace tenantd {

// A client's session is bound to one organization in any case: where the provider vouched for it, the
// organization is read as one that takes codes.
WayShown shown_by(const Principal& principal) {
  return {principal.authentication.methods, principal.user.mfa_enabled,
          principal.bound_org && !principal.client};
}

std::optional<ApiError> fault_of_way_in(const WayRules& rules, const WayShown& shown) {
  const bool by_passkey = shown.methods.has(AuthMethod::pop);
  if (rules.require_mfa && !shown.mfa_enabled && !by_passkey)
    return ApiError(ErrorCode::mfa_enrollment_required,
                    "Enroll a second factor (POST /api/v1/auth/mfa/enroll), then try again");
  if (rules.wants_passkey && !by_passkey)
    return ApiError(ErrorCode::sign_in_way_refused,
                    "The organization asks for a passkey: sign in by one, or show one now (POST "
                    "/api/v1/auth/step-up)");
  if (!rules.takes_codes && shown.rests_on_mailed_code())
    return ApiError(ErrorCode::sign_in_way_refused,
                    "The organization takes no sign-in by a mailed code: sign in another way");
  return std::nullopt;
}

std::optional<ApiError> fault_of_way_in(const Principal& principal) {
  if (!principal.organization || principal.api_key) return std::nullopt;
  WayRules rules{principal.organization->require_mfa, principal.organization_wants_passkey,
                 principal.organization_takes_codes};
  // A super-admin who impersonates showed it elsewhere.
  if (principal.actor) rules = {rules.require_mfa};
  return fault_of_way_in(rules, shown_by(principal));
}

void require_way_in(const Principal& principal) {
  if (auto fault = fault_of_way_in(principal)) throw *std::move(fault);
}

void require_fresh_proof(const Principal& principal, TimePoint now) {
  // A key stands for no person who could show anything.
  if (principal.api_key || is_fresh(principal.authentication, now)) return;
  throw ApiError(ErrorCode::reauthentication_required,
                 "This wants a proof of who you are that is younger than ten minutes (POST "
                 "/api/v1/auth/step-up)")
      .header("WWW-Authenticate",
              "Bearer error=\"insufficient_user_authentication\", error_description=\"A more recent "
              "authentication is required\", max_age=\"" +
                  std::to_string(kFreshProof.count()) + '"');
}

}  // namespace tenantd
