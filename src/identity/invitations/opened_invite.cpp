#include "identity/invitations/opened_invite.hpp"

#include "tenantd/domain/error.hpp"
#include "tenantd/domain/permission.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/organizations_store.hpp"

namespace tenantd::service {

OrganizationRecord inviting_organization(db::Txn& txn, const TenantScope& scope) {
  auto organization = store::find_organization(txn, scope);
  if (!organization || organization->status != Status::active) throw ApiError(ErrorCode::invite_gone);
  return *std::move(organization);
}

std::optional<store::Member> standing_inviter(const Work& work, const store::Invite& invite,
                                              const RoleRecord& role) {
  auto inviter = store::find_member(work.txn, work.scope, invite.invited_by);
  if (!inviter || inviter->status != Status::active) return std::nullopt;
  const auto holds = inviter->role.permissions_at(work.context.now);
  if (!holds.has(Permission::users_invite) || !holds.covers(role.permissions)) return std::nullopt;
  return inviter;
}

void refuse_closed(db::Txn& txn, const TenantScope& scope, const std::optional<store::Invite>& invite) {
  if (invite && invite->status == InviteStatus::accepted) {
    const auto account = store::find_account(txn, Email::parse(invite->email).value());
    if (account && store::find_member(txn, scope, account->user.id))
      throw ApiError(ErrorCode::already_member,
                     "The invitation was accepted and you are a member already: sign in");
  }
  throw ApiError(ErrorCode::invite_gone);
}

OpenedInvite OpenedInvite::open(db::Txn& txn, const std::string& token_hash, TimePoint now) {
  auto opened = open_to_read(txn, token_hash);
  if (opened.invite().expired(now)) throw ApiError(ErrorCode::invite_gone);
  return opened;
}

OpenedInvite OpenedInvite::open_to_read(db::Txn& txn, const std::string& token_hash) {
  const auto org = store::find_invite_organization(txn, token_hash);
  if (!org) throw ApiError(ErrorCode::invite_gone);
  // Nobody yet: holds no permission, and shows who acts only once the account is known.
  const TenantScope scope{*org, UserId{}, PermissionSet{}};
  store::enter(txn, scope);
  auto found = store::find_invite(txn, scope, token_hash);
  if (!found || (found->status != InviteStatus::pending && found->status != InviteStatus::expired))
    refuse_closed(txn, scope, found);
  return OpenedInvite{scope, *std::move(found)};
}

}  // namespace tenantd::service
