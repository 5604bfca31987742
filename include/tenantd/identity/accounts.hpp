// Accounts: signing up, signing in, passwords, addresses.
#pragma once

#include <optional>
#include <string>

#include "tenantd/domain/email.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/identity/organizations.hpp"
#include "tenantd/identity/sessions.hpp"

namespace tenantd::service {

struct SignUp {
  Email email;
  std::string password;
  std::string profile = "{}";  // JSON object
  NewOrganization organization;
};
// Account, organization, owner membership, verification link, session: all or nothing.
// Throws ApiError(email_taken): a sign-up answers with tokens, so it cannot answer alike for a taken address;
// the rate limit of the password lane bounds how many addresses can be asked for. Throws
// ApiError(signup_closed) unless the setting SIGNUP says open.
TokenReply sign_up(db::Txn& txn, const Context& context, const SignUp& form);

// Starts a session. Unknown address, wrong password, locked and deactivated accounts throw the same
// ApiError(invalid_credentials) after the same work. Each attempt is counted and written down before it is
// evaluated. Throws ApiError(mfa_required), with the token for the second step, where there is one.
TokenReply sign_in(db::Txn& txn, const Context& context, const std::string& email,
                   const std::string& password);

// What follows once the account has shown all its secrets: the session, the login alert, and what is written
// down. `attempt`: the event that counts as failed so far. `bound_to`: an identity provider vouched, and the
// session is good for its organization alone. `method`: how, unless by a password or a provider.
TokenReply signed_in(db::Txn& txn, const Context& context, const UserRecord& user,
                     std::optional<EventId> attempt, std::optional<store::Membership> bound_to = {},
                     std::optional<std::string> method = {});

void sign_out(db::Txn& txn, const Session& session);

// Mails a link if the address has an account and has not had too many; says nothing either way.
void request_password_reset(db::Txn& txn, const Context& context, const Email& email);
// Throws ApiError(token_invalid) for a link that is unknown, used or expired.
void reset_password(db::Txn& txn, const Context& context, const std::string& token,
                    const std::string& new_password);
// Throws ApiError(reauthentication_required) unless `current` is right. Ends the other sessions.
void change_password(db::Txn& txn, const Context& context, const Session& session, const std::string& current,
                     const std::string& new_password);

// Nobody signs in to the account by that identity any more. Throws ApiError: not_found, session_bound.
void unlink_identity(db::Txn& txn, const Context& context, const Session& session, IdentityId id);

// What comes with the link of a verification mail, or of a change of the address.
struct Verification {
  std::string token;
  std::optional<UserId> signed_in;          // whose session the request carries
  std::optional<std::string> password;      // the account's
  std::optional<std::string> new_password;  // "this was not me": the mailbox's reader takes the account
};
// The mailbox shows who reads the address, not who has made the account: only both together verify it, or
// whoever signed up with somebody else's address would have it verified by its owner's click. With a new
// password whoever reads the mailbox takes the account over instead (claim_account). Throws ApiError:
// token_invalid, reauthentication_required (neither the account's session nor its password, nor a new one),
// password_refused, wrong_account (a new password for an account that only asked for this address; what it
// asked for is dropped), email_taken (another account has the new address by now).
void verify_email(db::Txn& txn, const Context& context, const Verification& form);
// Lifts the account's lock by the mailed token, once, and gives nothing else. Throws ApiError(token_invalid).
void unlock_by_link(db::Txn& txn, const Context& context, const std::string& token);
// Mails another link, unless the address is verified. Throws ApiError(rate_limited).
void resend_verification(db::Txn& txn, const Context& context, const Session& session);

// Makes the super-admin unless the address has an account. Returns false if it had.
bool create_super_admin(db::Txn& txn, const Context& context, const Email& email,
                        const std::string& password);

// Words that the owner of `email` and `profile` is known by, for the password policy.
std::vector<std::string> known_words(const Email& email, const std::string& profile);

}  // namespace tenantd::service
