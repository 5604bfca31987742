// Inviting people into an organization, and accepting.
#pragma once

#include <optional>
#include <string>

#include "tenantd/domain/email.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/identity/invitations_store.hpp"
#include "tenantd/identity/sessions.hpp"

namespace tenantd::service {

struct InviteForm {
  std::optional<Email> email;  // one of the two
  std::optional<UserId> user;
  std::string role = std::string{kDefaultInviteRole};
  std::optional<Seconds> expires_in = {};  // else as long as the organization says, or the service
};

// Throws ApiError(validation_failed) unless an invitation may be good for so long.
void judge_lifetime(const Context& context, const std::string& pointer,
                    const std::optional<std::int64_t>& seconds);

// Invites a person and mails the link. Throws ApiError: not_found (no such account or role), role_outranks,
// already_member, invite_pending, reauthentication_required (require_proof_to_give()).
store::InviteDetail invite(const Work& work, const InviteForm& form);

// For an operator's import, where the address has an account that has not proven it: an invitation in the
// name of `inviter`, who could send it, good as long as the link to a new account's first password. Throws
// ApiError(invite_pending).
store::InviteDetail offer_membership(const Work& work, UserId inviter, const Email& email,
                                     const RoleRecord& role);

// Mails a new link; the old one dies, the time begins anew, and the caller is the inviter from now on, since
// an invitation holds only as long as its inviter may invite. Throws ApiError: not_found, role_outranks,
// conflict (it was answered), already_member.
store::InviteDetail resend_invite(const Work& work, InviteId id, std::optional<Seconds> expires_in);

// Also one that has expired. Throws ApiError: not_found, role_outranks, conflict (it was answered).
void revoke_invite(const Work& work, InviteId id);

// By whoever holds the token. Throws ApiError(invite_gone) if it is not the token of this invitation, or
// another answer was first.
void decline_invite(db::Txn& txn, const Context& context, InviteId id, const std::string& token);

// What whoever holds the token may know before accepting.
struct InviteLookup {
  store::Invite invite;
  OrganizationRecord organization;
  std::string role = {};
  std::string inviter = {};     // the name in the profile, or else the address
  bool expired = false;         // then there is nothing to accept: a new one can be asked for
  bool needs_password = false;  // to accept without being signed in
};

// Reads alone. Throws ApiError, as accepting does: invite_gone, already_member.
InviteLookup look_up_invite(db::Txn& txn, const Context& context, const std::string& token);

// Mails to the inviter of an expired invitation, or to an owner if that person may not invite any more, that
// its person asks for a new one; once a day. Throws ApiError: invite_gone, already_member, conflict (it has
// not expired).
void ask_again(db::Txn& txn, const Context& context, const std::string& token);

struct AcceptForm {
  std::string token;
  std::optional<std::string> password;  // required when the address has no account, or an unverified one
  std::string profile = "{}";
};
struct Accepted {
  UserRecord user;
  store::Membership membership;
  std::optional<TokenReply> signed_in;  // for the new account, whose password was chosen here
};

// Accepts for the invited address. `signed_in_as` is the caller's own address if the request carried a
// session. Throws ApiError: invite_gone (unknown, used, revoked, expired, or the inviter may no longer
// invite), wrong_account, password_required, password_refused.
Accepted accept_invite(db::Txn& txn, const Context& context, const AcceptForm& form,
                       const std::optional<std::string>& signed_in_as);

}  // namespace tenantd::service
