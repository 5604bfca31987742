#include "tenantd/domain/way_in.hpp"

namespace tenantd {

std::optional<ApiError> fault_of_way_in(const Principal& principal) {
  if (!principal.organization || principal.api_key) return std::nullopt;
  if (principal.organization->require_mfa && !principal.has_second_factor())
    return ApiError(ErrorCode::mfa_enrollment_required,
                    "Enroll a second factor (POST /api/v1/auth/mfa/enroll), then try again");
  if (principal.actor) return std::nullopt;
  if (principal.organization_wants_passkey && !principal.authentication.methods.has(AuthMethod::pop))
    return ApiError(ErrorCode::sign_in_way_refused,
                    "The organization asks for a passkey: sign in by one, or show one now (POST "
                    "/api/v1/auth/step-up)");
  if (!principal.organization_takes_codes && principal.rests_on_mailed_code())
    return ApiError(ErrorCode::sign_in_way_refused,
                    "The organization takes no sign-in by a mailed code: sign in another way");
  return std::nullopt;
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
