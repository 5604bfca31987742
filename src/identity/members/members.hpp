// Changing who belongs to an organization, and as what.
#pragma once

#include <optional>
#include <string>

#include "tenantd/effects/context.hpp"
#include "tenantd/identity/members_store.hpp"

namespace tenantd::service {

// Ends the membership and removes the person's pending invitations. Throws ApiError: not_found, role_outranks
// (the member holds more than the caller), last_owner.
void remove_member(const Work& work, UserId user);

// The same of the caller's own membership, which takes no permission. Throws ApiError: last_owner, forbidden
// (it has ended meanwhile).
void leave(const Work& work);

// The same of a member under the organization's lock, whoever asks for it. Throws ApiError: last_owner.
void end_membership(const Work& work, const store::Member& member);

// Gives the member another role, or the same one for another time: until `expires_at`, or for good. Throws
// ApiError: not_found, role_outranks (the old or the new role exceeds the caller's, or would last longer than
// it), validation_failed (a time that is over, or an end of the owner's role), last_owner, account_unverified
// (nobody becomes owner who has not verified the address), reauthentication_required
// (require_proof_to_give()).
store::Member change_role(const Work& work, UserId user, const std::string& role_name,
                          const std::optional<TimePoint>& expires_at);
// The same where no time is named: a role that the member holds for a time stays so, another one is for good.
store::Member assign_role(const Work& work, UserId user, const std::string& role_name);

// Gives the member the role that the organization's identity provider says, for good. `keeper`: the scope of
// who answers for the provider, as whose grant it counts; `work` is told as the member's own. Whether that
// may be is the caller's to judge, under the lock of members. Never of or to an owner.
void follow_provider(const Work& work, const TenantScope& keeper, const store::Member& member,
                     const RoleRecord& role);

// Makes the membership active or inactive at the word of the organization's directory. Whether that may be is
// the caller's to judge, under the lock of members. Throws ApiError(last_owner).
void set_status_by_directory(const Work& work, const store::Member& member, Status status);

// Makes the membership active or inactive; nothing happens if it is so already. An inactive member's tokens
// are refused and invitations by them revoked; the membership and its data are kept. Throws ApiError:
// not_found, role_outranks, last_owner, temporary_right (a role for a time brings back none that lasts
// longer).
void set_member_status(const Work& work, UserId user, Status status);

// Replaces the profile of the member's account, which shows wherever that person belongs. Throws ApiError:
// not_found, role_outranks, account_shared (the person belongs to other organizations as well).
void set_member_profile(const Work& work, UserId user, const std::string& profile);

// The same by its owner, wherever that person belongs.
void set_own_profile(db::Txn& txn, const Context& context, const Session& session,
                     const std::string& profile);

// Forgets the account's failed sign-ins, which grants whoever guesses its password new guesses. Throws
// ApiError: not_found, role_outranks, forbidden (one's own account), account_shared.
void unlock_member(const Work& work, UserId user);

}  // namespace tenantd::service
