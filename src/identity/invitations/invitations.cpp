#include "identity/invitations/invitations.hpp"

#include <algorithm>
#include <chrono>

#include "identity/accounts/claiming.hpp"
#include "identity/invitations/opened_invite.hpp"
#include "identity/roles/named_role.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/permission.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/identity/accounts.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/budgets_store.hpp"
#include "tenantd/identity/invite_values.hpp"
#include "tenantd/identity/members_store.hpp"
#include "tenantd/identity/organizations_store.hpp"
#include "tenantd/identity/roles_store.hpp"

namespace tenantd::service {
namespace {

constexpr std::int64_t kShortestInviteSeconds = 30;  // as INVITE_SECONDS

store::InviteGrounds grounds_of(const Work& work, const InviteForm& form) {
  const auto account = form.email ? std::nullopt : form.user;
  return store::find_invite_grounds(work.txn, work.scope, form.email, account, form.role, work.context.now);
}

// Who shall get the mail.
Email invited_address(const InviteForm& form, const store::InviteGrounds& grounds) {
  if (form.email) return *form.email;
  if (!grounds.account || grounds.status != Status::active)
    throw ApiError(ErrorCode::not_found, "No such user");
  return Email::parse(grounds.email).value();
}

// A link that is not sent yet.
struct Link {
  Secret token = crypto::new_token();
  MailId mail = crypto::new_id<MailId>();

  std::string hash() const { return crypto::sha256(token.reveal()); }
};

mail::Mail invitation_mail(const Work& work, const store::Letterhead& from, const store::Invite& invite,
                           const std::string& role, const Link& link) {
  const auto lifetime = std::chrono::duration_cast<Seconds>(invite.expires_at - work.context.now);
  return {mail::Template::invitation,
          invite.email,
          {{"link", work.context.settings.public_url + "/invite#token=" + link.token.reveal()},
           {"organization", from.organization},
           {"inviter", from.inviter},
           {"role", role},
           {"email", invite.email},
           {"minutes", mail_minutes(lifetime.count())}},
          link.mail};
}

store::InviteDelivery just_queued() { return {store::InviteDelivery::State::queued, 0, std::nullopt}; }

// How long it is good for: as its sender says, else the organization, else the service.
Seconds lifetime_of(const Context& context, const store::Letterhead& from,
                    const std::optional<Seconds>& wanted) {
  if (wanted) {
    judge_lifetime(context, "/expires_in", wanted->count());
    return *wanted;
  }
  // The service's bound may have come down since.
  return from.good_for ? std::min(*from.good_for, Seconds{context.settings.invite_max_seconds})
                       : Seconds{context.settings.invite_seconds};
}

// Whatever becomes of it: a refusal tells the inviter something.
void spend_budget(const Context& context, const TenantScope& scope) {
  if (context.may_invite) require(context.may_invite(scope.user()), "Too many invitations: try again later");
}

// Stores a new invitation, tells of it and mails its link. It takes the place of one that has expired.
store::InviteDetail put_invite(const Work& work, const store::Invite& made, const RoleRecord& role,
                               const store::Letterhead& from,
                               const std::optional<store::ExpiredInvite>& expired) {
  const Link link;
  if (expired && store::delete_expired_invite(work.txn, work.scope, expired->id, work.context.now) &&
      !expired->told)
    record(work, {"invite.expired", "invite", expired->id.bytes(), invited_values(made)});
  const auto mail = seal_mail(work.context, invitation_mail(work, from, made, role.name, link));
  try {
    store::insert_invite(work.txn, work.scope, made, link.hash(), mail,
                         work.context.settings.invites_per_organization);
  } catch (const db::DuplicateKey&) {
    throw ApiError(ErrorCode::invite_pending);
  }
  auto after = standing_values(made, InviteStatus::pending);
  after.set("role", role.name);
  record(work, {"invite.created", "invite", made.id.bytes(), {}, std::move(after)});
  send_stored(work.txn, work.context, mail, work.scope.org());
  return {made, role.name, just_queued()};
}

struct Unanswered {
  store::Invite invite;
  store::Role role;
};

// The invitation to be renewed or revoked, once nobody else can answer it, and its role, once nobody else can
// change or remove that.
Unanswered unanswered_invite(db::Txn& txn, const TenantScope& scope, InviteId id) {
  store::enter(txn, scope);
  auto invite = store::lock_invite(txn, scope, id);
  if (!invite) throw ApiError(ErrorCode::not_found);
  auto role = store::lock_role(txn, scope, invite->role);
  if (!role) throw ApiError(ErrorCode::not_found);
  if (!scope.permissions().covers(role->permissions)) throw ApiError(ErrorCode::role_outranks);
  if (invite->status != InviteStatus::pending && invite->status != InviteStatus::expired)
    throw ApiError(ErrorCode::conflict, "The invitation was answered");
  return {*std::move(invite), *std::move(role)};
}

struct Person {
  UserRecord user;
  bool is_new = false;  // made here, or taken over
  bool was_known = false;
  bool newly_verified = false;
};

std::string password_of(const Context& context, const Email& email, const AcceptForm& form,
                        const std::string& organization_name) {
  if (!form.password)
    throw ApiError(ErrorCode::password_required).field("/password", "choose a password for this account");
  auto known = known_words(email, form.profile);
  known.push_back(organization_name);
  return hash_new_password(context, *form.password, "/password", known);
}

// Somebody signed up with this address and never showed that it is theirs. Who reads the mailbox takes the
// account over: with a password of their own, and nothing left of what the other one set up in it. Returns
// the account as it is then.
UserRecord take_over(db::Txn& txn, const Context& context, const UserRecord& user, const std::string& phc,
                     const std::string& profile) {
  store::set_profile(txn, user.id, profile, context.now);
  auto taken = claim_account(txn, context, user, phc);
  taken.profile = profile;
  return taken;
}

// The account of the invited address. A new one, and one whose address was never verified, needs a password;
// one that the caller is signed in to does not. Whoever holds the mailed token reads that mailbox: the
// address counts as verified.
Person person_of(db::Txn& txn, const Context& context, const store::Invite& invite, const AcceptForm& form,
                 const std::string& organization_name, bool signed_in) {
  const auto email = Email::parse(invite.email).value();
  if (auto account = store::find_account(txn, email)) {
    auto& user = account->user;
    if (user.status != Status::active) throw ApiError(ErrorCode::invite_gone);
    if (user.email_verified_at) return {user, false, true, false};
    if (!signed_in)
      return {
          take_over(txn, context, user, password_of(context, email, form, organization_name), form.profile),
          true, true, true};
    store::mark_verified(txn, user.id, context.now);
    user.email_verified_at = context.now;
    user.updated_at = context.now;
    return {user, false, true, true};
  }
  const auto hash = password_of(context, email, form, organization_name);
  try {
    return {store::insert_user(txn, {crypto::new_id<UserId>(), email, hash, form.profile, true}, context.now),
            true, false, false};
  } catch (const db::DuplicateKey& e) {
    // Made by somebody else meanwhile: from the start, as an existing account.
    throw db::RetryableError(e.what());
  }
}

// What the acceptance did to the invitation, and to the account behind it.
void tell_of_acceptance(const Work& work, const store::Invite& invite, const Person& person,
                        const RoleRecord& role) {
  const auto& user = person.user;
  auto after = standing_values(invite, InviteStatus::accepted);
  after.set("member_id", user.id).set("role", role.name).set("role_expires_at", role.expires_at);
  record(work, {"invite.accepted", "invite", invite.id.bytes(), standing_values(invite, invite.status),
                std::move(after)});
  if (!person.was_known) record_audit(work, {"user.created", "user", user.id.bytes(), {}, user_values(user)});
  // Who has taken the account over is told of that by claim_account.
  if (!person.newly_verified || person.is_new) return;
  json::Object account;
  account.set("email", user.email).set("email_verified", true);
  record_for_account(work.txn, work.context, user.id,
                     {"email.verified", "user", user.id.bytes(), {}, std::move(account)});
}

}  // namespace

void judge_lifetime(const Context& context, const std::string& pointer,
                    const std::optional<std::int64_t>& seconds) {
  const auto longest = context.settings.invite_max_seconds;
  if (!seconds || (*seconds >= kShortestInviteSeconds && *seconds <= longest)) return;
  throw ApiError(ErrorCode::validation_failed)
      .field(pointer, "must be from " + std::to_string(kShortestInviteSeconds) + " to " +
                          std::to_string(longest) + ", the service's own bound");
}

store::InviteDetail invite(const Work& work, const InviteForm& form) {
  store::enter(work.txn, work.scope);
  const auto grounds = grounds_of(work, form);
  const auto role = grounds.role ? *grounds.role : named_role(work.txn, work.scope, form.role, "/role");
  if (!work.scope.permissions().covers(role.permissions)) throw ApiError(ErrorCode::role_outranks);
  const auto email = invited_address(form, grounds);
  if (grounds.is_member) throw ApiError(ErrorCode::already_member);
  require_proof_to_give(work.context, role.permissions);

  store::Invite made;
  made.id = crypto::new_id<InviteId>();
  made.email = email.str();
  made.user = grounds.account;
  made.role = role.id;
  made.invited_by = work.scope.user();
  made.created_at = work.context.now;
  made.expires_at = work.context.now + lifetime_of(work.context, grounds.from, form.expires_in);
  made.by_user = form.user.has_value();
  spend_budget(work.context, work.scope);
  return put_invite(work, made, role, grounds.from, grounds.expired);
}

store::InviteDetail offer_membership(const Work& work, UserId inviter, const Email& email,
                                     const RoleRecord& role) {
  store::Invite made;
  made.id = crypto::new_id<InviteId>();
  made.email = email.str();
  made.role = role.id;
  made.invited_by = inviter;
  made.created_at = work.context.now;
  made.expires_at = work.context.now + Seconds{work.context.settings.set_password_seconds};
  return put_invite(work, made, role, store::read_letterhead(work.txn, work.scope, inviter),
                    store::find_expired_invite(work.txn, work.scope, email, work.context.now));
}

store::InviteDetail resend_invite(const Work& work, InviteId id, std::optional<Seconds> expires_in) {
  auto [invite, role] = unanswered_invite(work.txn, work.scope, id);
  require_proof_to_give(work.context, role.permissions);
  const auto account = store::find_account(work.txn, Email::parse(invite.email).value());
  if (account && store::find_member(work.txn, work.scope, account->user.id))
    throw ApiError(ErrorCode::already_member);
  spend_budget(work.context, work.scope);
  const Link link;
  auto before = standing_values(invite, invite.status);
  const auto from = store::read_letterhead(work.txn, work.scope, work.scope.user());
  invite.status = InviteStatus::pending;
  invite.invited_by = work.scope.user();
  invite.expires_at = work.context.now + lifetime_of(work.context, from, expires_in);
  try {
    store::renew_invite(work.txn, work.scope, invite, link.hash(), link.mail, work.context.now);
  } catch (const db::DuplicateKey&) {
    throw ApiError(ErrorCode::invite_pending);
  }
  store::require_place(work.txn, work.scope, store::Budgeted::pending_invites,
                       work.context.settings.invites_per_organization);
  record(work,
         {"invite.resent", "invite", id.bytes(), std::move(before), standing_values(invite, invite.status)});
  send_mail(work.txn, work.context, invitation_mail(work, from, invite, role.name, link), work.scope.org(),
            invite.user);
  return {invite, role.name, just_queued()};
}

void revoke_invite(const Work& work, InviteId id) {
  const auto invite = unanswered_invite(work.txn, work.scope, id).invite;
  store::set_invite_status(work.txn, work.scope, id, InviteStatus::revoked, work.context.now);
  record(work, {"invite.revoked", "invite", id.bytes(), standing_values(invite, invite.status),
                standing_values(invite, InviteStatus::revoked)});
}

void decline_invite(db::Txn& txn, const Context& context, InviteId id, const std::string& token) {
  const auto opened = OpenedInvite::open(txn, crypto::sha256(token), context.now);
  const auto& scope = opened.scope();
  const SlowTurn turn{context, SlowTurn::Kind::answer, scope.org()};
  inviting_organization(txn, scope);
  // Its token may be another one by now: the same row is asked again, under its lock.
  const auto invite = store::lock_invite(txn, scope, crypto::sha256(token));
  if (!invite || invite->id != id ||
      !store::answer_invite(txn, scope, id, InviteStatus::declined, context.now))
    throw ApiError(ErrorCode::invite_gone);
  record({txn, context, scope},
         {"invite.declined", "invite", id.bytes(), standing_values(*invite, invite->status),
          standing_values(*invite, InviteStatus::declined)});
}

Accepted accept_invite(db::Txn& txn, const Context& context, const AcceptForm& form,
                       const std::optional<std::string>& signed_in_as) {
  const auto hash = crypto::sha256(form.token);
  const auto opened = OpenedInvite::open(txn, hash, context.now);
  const auto& scope = opened.scope();
  const SlowTurn turn{context, SlowTurn::Kind::answer, scope.org()};
  const auto organization = inviting_organization(txn, scope);

  if (signed_in_as && *signed_in_as != opened.invite().email) throw ApiError(ErrorCode::wrong_account);
  // Hash before the locks.
  const auto person =
      person_of(txn, context, opened.invite(), form, organization.name, signed_in_as.has_value());

  const auto invite = store::lock_invite(txn, scope, hash);
  if (!invite || invite->status != InviteStatus::pending || invite->expired(context.now))
    refuse_closed(txn, scope, invite);
  auto role = store::find_role(txn, scope, invite->role);
  const auto inviter = role ? standing_inviter({txn, context, scope}, *invite, *role) : std::nullopt;
  if (!inviter) throw ApiError(ErrorCode::invite_gone);
  // Nobody gives a role for longer than they hold their own.
  role->expires_at = inviter->role.expires_at;

  store::set_invite_status(txn, scope, invite->id, InviteStatus::accepted, context.now);
  try {
    store::insert_member(txn, scope, opened.redeemed_by(person.user.id),
                         {role->id, invite->invited_by, role->expires_at}, context.now);
  } catch (const db::DuplicateKey&) {
    throw ApiError(ErrorCode::already_member);
  }
  // The membership's key holds the organization's row: whoever deactivates it was before this, or comes
  // after.
  inviting_organization(txn, scope);
  tell_of_acceptance({txn, context, opened.scope_of(person.user.id)}, *invite, person, *role);

  Accepted accepted;
  accepted.user = person.user;
  accepted.membership.organization = organization;
  accepted.membership.role = *role;
  accepted.membership.member_since = context.now;
  if (!person.is_new) return accepted;
  auto membership = store::find_membership(txn, person.user.id, scope.org());
  // Where the organization wants its provider's word, the account is made and signs in by the provider.
  if (membership && membership->sso_required) return accepted;
  accepted.signed_in = start_session(txn, context, person.user, std::move(membership));
  return accepted;
}

}  // namespace tenantd::service
