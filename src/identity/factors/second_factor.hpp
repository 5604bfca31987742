// The second factor of an account: enrolling, confirming, asking for it, switching it off.
#pragma once

#include <string>
#include <vector>

#include "identity/factors/reauthentication.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/identity/sessions.hpp"

namespace tenantd::service {

struct Enrollment {
  std::string secret;       // base32
  std::string otpauth_uri;  // for a QR code
};
// Starts over with a new secret, which counts once a code of it was given. Throws ApiError:
// reauthentication_required, email_unverified, mfa_enabled (the one in force is disabled first, which takes
// its code).
Enrollment enroll_totp(db::Txn& txn, const Context& context, const Session& session, const Proof& proof);

// Puts the enrolled secret in force; ends the other sessions; returns the recovery codes, shown this once.
// Throws ApiError: reauthentication_required, mfa_invalid (not a code of the new secret, or none was
// enrolled), mfa_enabled, rate_limited.
std::vector<std::string> confirm_totp(db::Txn& txn, const Context& context, const Session& session,
                                      const Proof& proof);

// Throws ApiError: reauthentication_required, mfa_not_enabled, rate_limited.
void disable_totp(db::Txn& txn, const Context& context, const Session& session, const Proof& proof);

// Ten new codes in the place of those there are. Throws as disable_totp does.
std::vector<std::string> renew_recovery_codes(db::Txn& txn, const Context& context, const Session& session,
                                              const Proof& proof);

// Uses up a code of the account's second factor, or a recovery code: true if it was right and unused. Counted
// before it is evaluated; throws ApiError(rate_limited) once too many were wrong. `bound_org`: its provider
// took the first step; such codes are counted by themselves.
bool take_code(db::Txn& txn, const Context& context, UserId user, const std::string& code,
               const std::optional<OrgId>& bound_org = {});

// The way from the right password to the code: a token that stands for the first step. Committed with `txn`.
// `bound_org`: an identity provider took the password's place, and the session will be good for its
// organization alone. `methods`: by which the first step was taken, if neither by the password nor by that;
// none, "", where one of the service's providers took its place.
Secret begin_second_step(db::Txn& txn, const Context& context, UserId user,
                         std::optional<OrgId> bound_org = {}, std::optional<std::string> methods = {});
// Whose first step the token stands for; nullopt if it is unknown, used or expired.
std::optional<UserId> second_step_of(db::Txn& txn, const Context& context, const std::string& token);
// The second factor was shown, by `second`: starts the session. Throws ApiError: mfa_invalid (the token was
// used meanwhile, or the account may not sign in).
TokenReply end_second_step(db::Txn& txn, const Context& context, UserId user, const std::string& token,
                           AuthMethods second);
// Starts the session. Throws ApiError: mfa_invalid (wrong code, or a token that is unknown, used or expired),
// rate_limited.
TokenReply finish_second_step(db::Txn& txn, const Context& context, const std::string& token,
                              const std::string& code);

}  // namespace tenantd::service
