#include "identity/sso/provisioning.hpp"

#include <algorithm>

#include "identity/domains/domains_store.hpp"
#include "identity/members/members.hpp"
#include "identity/sso/identities_store.hpp"
#include "identity/sso/oidc_providers_store.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/permission.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/members_store.hpp"
#include "tenantd/identity/organizations_store.hpp"
#include "tenantd/identity/standing.hpp"

namespace tenantd::service {
namespace {

[[noreturn]] void refuse_person(const char* why, const char* detail) {
  throw ApiError(ErrorCode::not_provisioned, why).detail(detail);
}

constexpr const char* kNobody =
    "No account here belongs to this identity: sign in with the password and link it, or ask for an "
    "invitation";

std::string name_of(const Vouched& vouched) { return vouched.by.provider().way(); }

std::string address_of(const Vouched& vouched) {
  return vouched.claims.email ? vouched.claims.email->str() : "";
}

store::Identity identity_of(const Vouched& vouched, UserId user) {
  return {vouched.issuer, vouched.claims.subject, user, address_of(vouched)};
}

// Tells organization, owner and the account's own record.
void attach(db::Txn& txn, const Context& context, const Vouched& vouched, UserId user) {
  store::insert_identity(txn, identity_of(vouched, user), context.now);
  Change change{"identity.linked", "user", user.bytes()};
  change.after.set("provider", name_of(vouched))
      .set("issuer", vouched.issuer)
      .set("email", address_of(vouched));
  change.data.set("provider", name_of(vouched));
  record({txn, context, vouched.by.scope_of(user)}, change);
  record_account_event(txn, context, user, "identity.linked");
}

void mail_link(db::Txn& txn, const Context& context, const Vouched& vouched, const UserRecord& user) {
  mail_security_change(txn, context, user,
                       "Sign-in by " + vouched.by.provider().shown_name() + " was linked to it");
}

bool is_active_member(db::Txn& txn, const Vouched& vouched, UserId user) {
  const auto member = store::find_member(txn, vouched.by.scope(), user);
  return member && member->status == Status::active;
}

// The account of one who was signed in when the link was asked for.
UserId link(db::Txn& txn, const Context& context, const Vouched& vouched, std::optional<UserId> owner) {
  const auto user = vouched.linking->user;
  if (owner == user) return user;
  if (owner) throw ApiError(ErrorCode::identity_taken);
  const bool asks = still_asks(txn, *vouched.linking);
  const auto account = store::find_account(txn, user);
  if (!asks || !account || account->user.status != Status::active || !is_active_member(txn, vouched, user))
    refuse_person(kNobody, "who asked for the link is no active member any more");
  attach(txn, context, vouched, user);
  mail_link(txn, context, vouched, account->user);
  return user;
}

// The role that the person's groups give, else the one of newcomers. nullopt if the provider names no groups,
// where it is asked for them.
std::optional<RoleId> role_by_groups(const Vouched& vouched) {
  const auto& provider = vouched.by.provider();
  if (!provider.oidc || !provider.oidc->groups_claim) return provider.default_role;
  if (!vouched.claims.groups) return std::nullopt;
  const auto& table = provider.oidc->groups;
  const auto fits = std::find_if(table.begin(), table.end(), [&](const auto& each) {
    return vouched.claims.groups->contains(each.group);
  });
  return fits == table.end() ? provider.default_role : fits->role;
}

// While the provider was asked it may have been switched off, or saved by somebody else: then it gives nobody
// anything any more. Call under the organization's lock.
void require_unchanged(db::Txn& txn, const Vouched& vouched) {
  const auto& before = vouched.by.provider();
  const auto now = before.oidc ? store::find_oidc_provider(txn, vouched.by.scope(), before.id)
                               : store::find_provider(txn, vouched.by.scope(), before.id);
  if (!now || !now->enabled || now->kept_by != before.kept_by) throw ApiError(ErrorCode::not_found);
}

// Whoever answers for the provider lets newcomers in by it, as somebody does who invites: as long as that
// person could, and to no more. Judged under the lock of members: whoever takes that right away was before
// this, or comes after.
RoleRecord role_under_keeper(db::Txn& txn, const Vouched& vouched, RoleId id) {
  store::lock_organization(txn, vouched.by.scope());
  require_unchanged(txn, vouched);
  const auto& provider = vouched.by.provider();
  // It may have been taken out of the provider's table, and deleted, since that was read.
  const auto role = store::find_role(txn, vouched.by.scope(), id);
  if (!role) throw db::RetryableError{"a role has gone"};
  const auto needs = role->permissions.with(Permission::identity_providers_manage);
  if (!provider.kept_by || !stands_for_good(txn, vouched.by.scope(), *provider.kept_by, needs))
    refuse_person(
        "Nobody answers for newcomers by this provider any more: an administrator has to save it again",
        "the provider's keeper may let nobody in");
  return *role;
}

// Groups give the role at each sign-in where the provider's terms say so. Whoever answers for the provider
// must be one who could change this member's role to that one; else it stays, and the member signs in as
// before. An owner's stays always.
void follow_groups(db::Txn& txn, const Context& context, const Vouched& vouched, store::Member member) {
  const auto& provider = vouched.by.provider();
  if (!provider.oidc || !provider.oidc->groups_each_time || !provider.oidc->groups_claim) return;
  const auto id = role_by_groups(vouched);
  const auto stays = [&] {
    return member.role.name == kOwnerRole || (member.role.id == *id && !member.role.expires_at);
  };
  if (!id || !provider.kept_by || stays()) return;
  const auto& scope = vouched.by.scope();
  store::lock_organization(txn, scope);
  require_unchanged(txn, vouched);
  // Again, now that nobody changes it.
  const auto now = store::find_member(txn, scope, member.user);
  const auto role = store::find_role(txn, scope, *id);
  if (!now || !role || role->name == kOwnerRole) return;
  member = *now;
  const auto needs = role->permissions.with(Permission::identity_providers_manage) | member.role.permissions;
  if (stays() || !stands_for_good(txn, scope, *provider.kept_by, needs)) return;
  const auto own = vouched.by.scope_of(member.user);
  follow_provider({txn, context, own}, vouched.by.scope_of(*provider.kept_by), member, *role);
}

void join(db::Txn& txn, const Context& context, const Vouched& vouched, UserId user, const char* action) {
  const auto& provider = vouched.by.provider();
  const auto role = role_under_keeper(txn, vouched, role_by_groups(vouched).value_or(provider.default_role));
  store::insert_member(txn, vouched.by.scope(), vouched.by.signed_for(user), {role.id, provider.kept_by, {}},
                       context.now);
  Change change{action, "user", user.bytes()};
  change.after.set("email", address_of(vouched)).set("role", role.name).set("provider", name_of(vouched));
  change.data.set("provider", name_of(vouched)).set("role", role.name);
  record({txn, context, vouched.by.scope_of(user)}, change);
}

// Whose mailboxes the address is among is whose provider vouches: the organization has proven exactly its
// domain. Google's word counts for those that it hosts: it lets strangers have accounts by any address.
bool is_of_proven_domain(db::Txn& txn, const Vouched& vouched) {
  if (vouched.by.provider().kind == store::ProviderKind::google && !vouched.claims.email_proven) return false;
  return store::has_proven(txn, vouched.by.scope(), vouched.claims.email.value().domain());
}

// Who saved the provider's settings chose whom it is believed about: a link that it makes by an address is a
// gift of theirs, and gives what the account's membership holds. Judged as newcomers' roles are.
bool keeper_could_give(db::Txn& txn, const Vouched& vouched, UserId user) {
  const auto& scope = vouched.by.scope();
  store::lock_organization(txn, scope);
  require_unchanged(txn, vouched);
  const auto member = store::find_member(txn, scope, user);
  const auto held = member ? member->role.permissions : PermissionSet{};
  const auto& keeper = vouched.by.provider().kept_by;
  return keeper && (*keeper == user ||
                    stands_for_good(txn, scope, *keeper, held.with(Permission::identity_providers_manage)));
}

// An account with this address was there before. Whoever vouches for the address must be the one who hosts
// it, and the account must be known to be its reader's and at home here, or of a domain that the organization
// has proven; else its owner shows who it is by the password, and links. Nobody but its owner opens a
// super-admin's.
UserId adopt(db::Txn& txn, const Context& context, const Vouched& vouched, const UserRecord& user,
             bool of_proven_domain) {
  const bool at_home = is_active_member(txn, vouched, user.id);
  if (!at_home && !vouched.by.provider().auto_provision) refuse_person(kNobody, "no member");
  const bool hosted = (of_proven_domain || (vouched.claims.email_proven && at_home)) && !user.is_super;
  if (!hosted || !user.email_verified_at || user.status != Status::active)
    throw ApiError(ErrorCode::email_taken,
                   "The address has an account: sign in with its password and link this identity");
  if (!keeper_could_give(txn, vouched, user.id))
    refuse_person(
        "Whoever saved this provider may let nobody of this role in by the address alone: somebody whose "
        "role "
        "covers it saves the provider again, or the person signs in otherwise and links this identity",
        "the provider's keeper holds less than the member");
  attach(txn, context, vouched, user.id);
  mail_link(txn, context, vouched, user);
  return user.id;
}

UserId provision(db::Txn& txn, const Context& context, const Vouched& vouched) {
  const bool automatic = vouched.by.provider().auto_provision;
  const bool of_proven_domain = vouched.claims.email && is_of_proven_domain(txn, vouched);
  if (!automatic && !of_proven_domain) refuse_person(kNobody, "unknown identity");
  if (!vouched.claims.email) refuse_person("The identity has no e-mail address", "no address in the token");
  const auto& email = *vouched.claims.email;
  if (!Email::read(email.str()).problem.empty())
    refuse_person("Mail to the identity's e-mail address cannot be sent",
                  "letters beyond ASCII before the @");
  // Counted whether or not an account comes of it: each refusal tells that an address is registered.
  if (context.may_invite)
    require(context.may_invite(UserId{vouched.by.scope().org().bytes()}),
            "Too many new accounts: try again later");
  if (const auto account = store::find_account(txn, email))
    return adopt(txn, context, vouched, account->user, of_proven_domain);
  if (!automatic) refuse_person(kNobody, "unknown identity");
  const bool proven = vouched.claims.email_proven || of_proven_domain;
  const auto user = store::insert_user(
      txn, {crypto::new_id<UserId>(), email, std::nullopt, vouched.claims.profile, proven}, context.now);
  join(txn, context, vouched, user.id, "user.provisioned");
  attach(txn, context, vouched, user.id);
  return user.id;
}

}  // namespace

SignedOn account_of(db::Txn& txn, const Context& context, const Vouched& vouched) {
  const auto& scope = vouched.by.scope();
  store::enter(txn, scope);
  const auto owner = store::find_identity(txn, vouched.issuer, vouched.claims.subject);
  const UserId user = vouched.linking ? link(txn, context, vouched, owner)
                      : owner         ? *owner
                                      : provision(txn, context, vouched);
  const auto account = store::find_account(txn, user);
  if (!account || account->user.status != Status::active) refuse_person(kNobody, "the account is not active");
  const auto member = store::find_member(txn, scope, user);
  if (member && member->status != Status::active)
    refuse_person("The membership is deactivated", "inactive member");
  if (!member && !vouched.by.provider().auto_provision) refuse_person(kNobody, "no member");
  if (!member) join(txn, context, vouched, user, "member.provisioned");
  if (member) follow_groups(txn, context, vouched, *member);
  store::use_identity(txn, identity_of(vouched, user), context.now);
  auto membership = store::find_membership(txn, user, scope.org());
  if (!membership || membership->organization.status != Status::active) throw ApiError(ErrorCode::not_found);
  return {account->user, *std::move(membership)};
}

}  // namespace tenantd::service
