#include "identity/members/members.hpp"

#include "identity/factors/reauthentication.hpp"
#include "identity/members/kept.hpp"
#include "identity/roles/named_role.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/permission.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/invitations_store.hpp"
#include "tenantd/identity/organizations_store.hpp"
#include "tenantd/identity/standing.hpp"

namespace tenantd::service {
namespace {

store::Member member_to_change(const Work& work, UserId user) {
  auto member = store::find_member(work.txn, work.scope, user);
  if (!member) throw ApiError(ErrorCode::not_found);
  if (!work.scope.permissions().covers(member->role.permissions_at(work.context.now)))
    throw ApiError(ErrorCode::role_outranks);
  return *std::move(member);
}

// The member to be changed, once nobody else can change it or the owners' number.
store::Member member_under_lock(const Work& work, UserId user) {
  stand_under_lock(work);
  return member_to_change(work, user);
}

// An owner whose role has an end does not count: the organization would have none from then on.
void keep_an_owner(db::Txn& txn, const TenantScope& scope, const store::Member& leaving) {
  const bool counts =
      leaving.role.name == kOwnerRole && leaving.status == Status::active && !leaving.role.expires_at;
  if (counts && store::count_owners(txn, scope) <= 1) throw ApiError(ErrorCode::last_owner);
}

// An invitation dies with its inviter's right, and makes room for another's.
void revoke_invites(const Work& work, UserId inviter) {
  const auto revoked = store::revoke_invites_by(work.txn, work.scope, {inviter}, work.context.now);
  if (revoked == 0) return;
  json::Object after;
  after.set("invited_by", inviter).set("invitations", revoked);
  record(work, {"invite.revoked", "invite", inviter.bytes(), {}, after});
}

// What the member has set up does not go on without the right to it.
void end_what_stands_on(const Work& work, UserId member) {
  revoke_invites(work, member);
  suspend_kept(work, {member});
}

json::Object role_values(const RoleRecord& role) {
  json::Object values;
  return std::move(values.set("role", role.name).set("role_expires_at", role.expires_at));
}

json::Object status_value(Status status) {
  return std::move(json::Object{}.set("status", status_name(status)));
}

// Call under the organization's lock.
void change_status(const Work& work, const store::Member& member, Status status) {
  const bool leaves = status != Status::active;
  keep_an_owner(work.txn, work.scope, member);
  store::set_member_status(work.txn, work.scope, member.user, status, work.context.now);
  if (leaves) end_what_stands_on(work, member.user);
  record(work, {leaves ? "member.deactivated" : "member.activated", "member", member.user.bytes(),
                status_value(member.status), status_value(status)});
}

// What belongs to the account itself is for one organization to change only while there is no other.
// Call after a write to the account: its row is locked then, and nobody can join elsewhere meanwhile.
void require_only_organization(db::Txn& txn, UserId user) {
  if (store::count_memberships(txn, user) > 1) throw ApiError(ErrorCode::account_shared);
}

// Throws ApiError(validation_failed) unless a role of that name may end then.
void judge_expiry(const Context& context, const std::string& role,
                  const std::optional<TimePoint>& expires_at) {
  if (!expires_at) return;
  const auto refuse = [](const char* why) {
    throw ApiError(ErrorCode::validation_failed).field("/expires_at", why);
  };
  if (*expires_at <= context.now) refuse("must be in the future");
  if (role == kOwnerRole) refuse("the owner's role does not expire");
}

// True if one who holds a role until `mine` would hold it longer.
bool prolongs(const std::optional<TimePoint>& mine, const std::optional<TimePoint>& expires_at) {
  return mine && (!expires_at || *expires_at > *mine);
}

// Replaces the profile and returns what is to be told of it.
Change replace_profile(db::Txn& txn, const Context& context, UserId user, const std::string& profile) {
  const auto before = store::lock_profile(txn, user);
  store::set_profile(txn, user, profile, context.now);
  Change change{"user.updated", "user", user.bytes()};
  if (before) change.before.raw("profile", *before);
  change.after.raw("profile", profile);
  return change;
}

}  // namespace

void end_membership(const Work& work, const store::Member& member) {
  keep_an_owner(work.txn, work.scope, member);
  store::delete_member(work.txn, work.scope, member.user, work.context.now);
  store::delete_open_invites(work.txn, work.scope, member.user, member.email);
  end_what_stands_on(work, member.user);
  auto before = role_values(member.role);
  before.set("email", member.email).set("status", status_name(member.status));
  record(work, {"member.removed", "member", member.user.bytes(), std::move(before)});
}

void remove_member(const Work& work, UserId user) { end_membership(work, member_under_lock(work, user)); }

void leave(const Work& work) { end_membership(work, stand_under_lock(work)); }

store::Member change_role(const Work& work, UserId user, const std::string& role_name,
                          const std::optional<TimePoint>& expires_at) {
  const auto caller = stand_under_lock(work);
  auto member = member_to_change(work, user);
  const std::optional<RoleRecord> role = named_role(work.txn, work.scope, role_name, "/new_role_name");
  judge_expiry(work.context, role->name, expires_at);
  if (!work.scope.permissions().covers(role->permissions)) throw ApiError(ErrorCode::role_outranks);
  if (role->name == kOwnerRole && !member.email_verified_at) throw ApiError(ErrorCode::account_unverified);
  // Or two who hold their roles for a time would make each other's last.
  const bool gains =
      !member.role.permissions.covers(role->permissions) || prolongs(member.role.expires_at, expires_at);
  if (gains && prolongs(caller.role.expires_at, expires_at))
    throw ApiError(ErrorCode::role_outranks, "Nobody gives a role for longer than they hold their own");
  if (role->id == member.role.id && expires_at == member.role.expires_at) return member;
  require_proof_to_give(work.context, role->permissions);
  if (role->id != member.role.id || expires_at) keep_an_owner(work.txn, work.scope, member);
  store::set_member_role(work.txn, work.scope, user, role->id, expires_at, work.context.now);
  if (!role->permissions.covers(member.role.permissions)) revoke_invites(work, user);
  suspend_kept(work, {user}, expires_at ? PermissionSet{} : role->permissions);
  auto before = role_values(member.role);
  member.role = *role;
  member.role.expires_at = expires_at;
  record(work, {"member.role_changed", "member", user.bytes(), std::move(before), role_values(member.role)});
  member.updated_at = work.context.now;
  return member;
}

store::Member assign_role(const Work& work, UserId user, const std::string& role_name) {
  const auto member = store::find_member(work.txn, work.scope, user);
  const auto role = named_role(work.txn, work.scope, role_name, "/role");
  const bool holds = member && member->role.id == role.id && member->role.expires_at > work.context.now;
  return change_role(work, user, role_name, holds ? member->role.expires_at : std::nullopt);
}

void follow_provider(const Work& work, const TenantScope& keeper, const store::Member& member,
                     const RoleRecord& role) {
  if (member.role.name == kOwnerRole || role.name == kOwnerRole) throw ApiError(ErrorCode::role_outranks);
  store::set_member_role(work.txn, keeper, member.user, role.id, std::nullopt, work.context.now);
  if (!role.permissions.covers(member.role.permissions)) revoke_invites(work, member.user);
  suspend_kept(work, {member.user}, role.permissions);
  Change change{"member.role_changed", "member", member.user.bytes(), role_values(member.role),
                role_values(role)};
  change.data.set("by_provider", true);
  record(work, change);
}

void set_status_by_directory(const Work& work, const store::Member& member, Status status) {
  if (member.status != status) change_status(work, member, status);
}

void set_member_status(const Work& work, UserId user, Status status) {
  const auto caller = stand_under_lock(work);
  const auto member = member_to_change(work, user);
  if (member.status == status) return;
  const bool leaves = status != Status::active;
  // Whoever holds a right for a time brings back nobody whose right lasts longer.
  if (!leaves && prolongs(caller.role.expires_at, member.role.expires_at))
    throw ApiError(ErrorCode::temporary_right,
                   "Nobody activates a member whose role lasts longer than their own");
  if (!leaves) require_proof_to_give(work.context, member.role.permissions);
  change_status(work, member, status);
}

void set_member_profile(const Work& work, UserId user, const std::string& profile) {
  member_under_lock(work, user);
  auto change = replace_profile(work.txn, work.context, user, profile);
  require_only_organization(work.txn, user);
  record(work, std::move(change));
}

void set_own_profile(db::Txn& txn, const Context& context, const Session& session,
                     const std::string& profile) {
  record_for_account(txn, context, session.user(), replace_profile(txn, context, session.user(), profile));
}

void unlock_member(const Work& work, UserId user) {
  // A session in the wrong hands must not buy itself new guesses at its owner's password.
  if (user == work.scope.user()) throw ApiError(ErrorCode::forbidden, "Nobody unlocks the own account");
  member_under_lock(work, user);
  const auto security = store::find_account_security(work.txn, user);
  store::clear_attempts(work.txn, user);
  require_only_organization(work.txn, user);
  json::Object before, after;
  if (security)
    before.set("failed_signins", security->failed_signins).set("locked_until", security->locked_until);
  after.set("failed_signins", 0);
  record_account_change(work, user, {"account.unlocked", std::nullopt, before, after});
}

}  // namespace tenantd::service
