// What is asked of the way in which a person has signed in: by the organization, a second factor, a passkey,
// no mailed code; by what changes credentials and owners, a fresh proof.
#pragma once

#include <optional>

#include "tenantd/domain/error.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd {

// What an organization asks of the sessions of its members.
struct WayRules {
  bool require_mfa = false;
  bool wants_passkey = false;
  bool takes_codes = true;
};
// What a session has to show for itself.
struct WayShown {
  AuthMethods methods;
  bool mfa_enabled = false;  // of the account
  bool is_vouched = false;   // it began by the organization's own provider

  // A code in the mailbox is all that stands for the first factor.
  bool rests_on_mailed_code() const {
    return methods.has(AuthMethod::mail) && !methods.has(AuthMethod::pwd) && !methods.has(AuthMethod::pop) &&
           !is_vouched;
  }
};
WayShown shown_by(const Principal& principal);

// Why an organization with these rules does not let such a session in: mfa_enrollment_required or
// sign_in_way_refused; nullopt if it does. All ways in are judged by this one rule.
std::optional<ApiError> fault_of_way_in(const WayRules& rules, const WayShown& shown);

// Why the session may do nothing in its active organization: mfa_enrollment_required or sign_in_way_refused;
// nullopt if it may, or has none. API keys stand for no person who could show anything.
std::optional<ApiError> fault_of_way_in(const Principal& principal);
// Throws it.
void require_way_in(const Principal& principal);

// Throws ApiError(reauthentication_required), with the challenge of RFC 9470, unless the person has shown who
// they are within kFreshProof. API keys pass.
void require_fresh_proof(const Principal& principal, TimePoint now);

}  // namespace tenantd
