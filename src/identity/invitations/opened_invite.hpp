// What stands behind an invitation: its token, the organization that invites, and who sent it.
#pragma once

#include <optional>
#include <string>

#include "identity/accounts/proven_account.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/identity/invitations_store.hpp"
#include "tenantd/identity/members_store.hpp"

namespace tenantd::service {

// An invitation opened by its token. The one way into an organization's scope for somebody who is no member
// yet.
class OpenedInvite {
 public:
  // Throws ApiError: invite_gone, already_member.
  static OpenedInvite open(db::Txn& txn, const std::string& token_hash, TimePoint now);
  // The same, and one that has expired.
  static OpenedInvite open_to_read(db::Txn& txn, const std::string& token_hash);

  // Acts as nobody yet: without permissions, and without a name in the events.
  const TenantScope& scope() const { return scope_; }
  // The same once the invited person's account is known.
  TenantScope scope_of(UserId user) const { return TenantScope{scope_.org(), user, PermissionSet{}}; }
  // The account of the invited address, once it has a password of whoever holds the token.
  store::ProvenAccount redeemed_by(UserId user) const { return store::ProvenAccount{user}; }
  const store::Invite& invite() const { return invite_; }

 private:
  OpenedInvite(TenantScope scope, store::Invite invite) : scope_(scope), invite_(std::move(invite)) {}
  TenantScope scope_;
  store::Invite invite_;
};

// The organization that invites. Throws ApiError(invite_gone) unless it is active.
OrganizationRecord inviting_organization(db::Txn& txn, const TenantScope& scope);

// The inviter, if that person could still send the invitation: it holds only as long.
std::optional<store::Member> standing_inviter(const Work& work, const store::Invite& invite,
                                              const RoleRecord& role);

// Why an invitation opens nothing. Who accepted it and is a member still is told so: what is left to do is to
// sign in.
[[noreturn]] void refuse_closed(db::Txn& txn, const TenantScope& scope,
                                const std::optional<store::Invite>& invite);

}  // namespace tenantd::service
