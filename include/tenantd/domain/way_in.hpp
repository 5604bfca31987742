// What is asked of the way in which a person has signed in: by the organization, a second factor, a passkey,
// no mailed code; by what changes credentials and owners, a fresh proof.
#pragma once

#include <optional>

#include "tenantd/domain/error.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd {

// Why the session may do nothing in its active organization: mfa_enrollment_required or sign_in_way_refused;
// nullopt if it may, or has none. API keys stand for no person who could show anything.
std::optional<ApiError> fault_of_way_in(const Principal& principal);
// Throws it.
void require_way_in(const Principal& principal);

// Throws ApiError(reauthentication_required), with the challenge of RFC 9470, unless the person has shown who
// they are within kFreshProof. API keys pass.
void require_fresh_proof(const Principal& principal, TimePoint now);

}  // namespace tenantd
