#include "identity/impersonation/impersonation.hpp"

#include "identity/impersonation/impersonations_store.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/jwt.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/organizations_store.hpp"
#include "tenantd/identity/sessions_store.hpp"
#include "tenantd/identity/standing.hpp"

namespace tenantd::service {
namespace {

constexpr std::size_t kShortestReason = 5;  // code points

std::string reason_of(const std::string& typed) {
  std::string reason{trim(typed)};
  if (count_code_points(reason) < kShortestReason)
    throw ApiError(ErrorCode::validation_failed).field("/reason", "must say why, in 5 characters or more");
  return reason;
}

// Once nobody else can change it: the organization, which must be an active one.
OrganizationRecord active_organization(const Work& work) {
  stand_under_lock(work);
  auto organization = store::find_organization(work.txn, work.scope);
  if (!organization || organization->status != Status::active) throw ApiError(ErrorCode::not_found);
  if (organization->require_mfa && !work.context.caller->has_second_factor())
    throw ApiError(ErrorCode::mfa_enrollment_required,
                   "The organization asks for a second factor: enroll one first");
  return *std::move(organization);
}

struct Target {
  UserRecord user;
  RoleRecord role;
};
// The member to act as. Throws ApiError: not_found, impersonation_refused.
Target target_of(db::Txn& txn, const TenantScope& scope, const std::optional<UserId>& named) {
  if (named == scope.user())
    throw ApiError(ErrorCode::impersonation_refused, "Nobody impersonates the own account");
  const auto user = named ? named : store::find_first_owner(txn, scope);
  const auto member = user ? store::find_member(txn, scope, *user) : std::nullopt;
  const auto account = member ? store::find_account(txn, *user) : std::nullopt;
  if (!account || member->status != Status::active || account->user.status != Status::active)
    throw ApiError(ErrorCode::not_found);
  if (account->user.is_super)
    throw ApiError(ErrorCode::impersonation_refused, "Nobody impersonates a super-admin");
  return {account->user, member->role};
}

std::string token_of(const Context& context, const store::NewImpersonation& session) {
  crypto::AccessClaims claims;
  claims.user = session.user;
  claims.session = session.id;
  claims.org = session.org;
  claims.actor = session.actor;
  claims.issued_at = context.now;
  claims.expires_at = session.ends_at;
  return crypto::sign_access_token(context.keys,
                                   {context.settings.public_url, context.settings.token_audience}, claims);
}

json::Object who_and_how_long(const Actor& actor, const store::NewImpersonation& session) {
  return json::Object{}
      .set("user_id", session.user)
      .set("actor_id", actor.id)
      .set("actor_email", actor.email)
      .set("session_id", session.id)
      .set("reason", session.reason)
      .set("expires_at", session.ends_at);
}

void mail_user(db::Txn& txn, const Context& context, const BegunImpersonation& begun) {
  mail::Mail mail{mail::Template::impersonation, begun.user.email, where_and_when(context, begun.user)};
  mail.values["actor"] = begun.actor.email;
  mail.values["organization"] = begun.organization.name;
  mail.values["reason"] = begun.reason;
  mail.values["until"] = format_utc(begun.expires_at);
  offer_mail(txn, context, std::move(mail), begun.organization.id, reader_of(begun.user));
}

// Told to the tenant under both names, as each change that follows.
void tell(const Work& work, const BegunImpersonation& begun, const store::NewImpersonation& session) {
  Principal acting;
  acting.user = begun.user;
  acting.actor = begun.actor;
  Context told = work.context;
  told.caller = &acting;
  const auto values = who_and_how_long(begun.actor, session);
  record({work.txn, told, work.scope},
         {"impersonation.started", "user", begun.user.id.bytes(), {}, values, values});
  record_account_event(work.txn, work.context, begun.user.id, "impersonation.started", session.id,
                       begun.actor.id);
  mail_user(work.txn, work.context, begun);
}

}  // namespace

BegunImpersonation Impersonation::begin(db::Txn& txn, const Context& context, const SuperAdmin& admin,
                                        const ImpersonationForm& form) {
  const auto& caller = *context.caller;
  const auto scope = admin.in(form.org);
  BegunImpersonation begun;
  begun.reason = reason_of(form.reason);
  begun.actor = {caller.user.id, caller.user.email};
  begun.organization = active_organization({txn, context, scope});
  auto target = target_of(txn, scope, form.user);
  begun.user = std::move(target.user);
  begun.role = std::move(target.role);
  begun.expires_at =
      std::min(context.now + Seconds{context.settings.impersonation_seconds}, caller.session_ends_at);
  begun.expires_in = (begun.expires_at - context.now).count();

  const store::NewImpersonation session{crypto::new_id<SessionId>(),
                                        begun.user.id,
                                        form.org,
                                        caller.user.id,
                                        caller.session,
                                        begun.reason,
                                        begun.expires_at,
                                        context.address,
                                        context.agent};
  if (!store::insert_impersonation(txn, session, context.now))
    throw ApiError(ErrorCode::invalid_token, "The session has ended");
  begun.access_token = token_of(context, session);
  tell({txn, context, scope}, begun, session);
  return begun;
}

void Impersonation::end(db::Txn& txn, const Context& context, const Session& session) {
  const auto& p = session.principal();
  if (!p.actor || !p.bound_org) throw ApiError(ErrorCode::conflict, "This session is no impersonation");
  // Of two at once, one ends it.
  if (store::end_sessions(txn, p.user.id, p.session, std::nullopt) == 0)
    throw ApiError(ErrorCode::invalid_token);
  const TenantScope scope{*p.bound_org, p.user.id, {}};
  auto values = json::Object{}
                    .set("user_id", p.user.id)
                    .set("actor_id", p.actor->id)
                    .set("actor_email", p.actor->email);
  values.set("session_id", p.session);
  record({txn, context, scope},
         {"impersonation.ended", "user", p.user.id.bytes(), {}, {}, std::move(values)});
  record_account_event(txn, context, p.user.id, "impersonation.ended", p.session, p.actor->id);
}

}  // namespace tenantd::service
