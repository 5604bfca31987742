#include "identity/domains/enforcement.hpp"

#include <algorithm>

#include "identity/domains/discovery.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/identity/bound.hpp"
#include "tenantd/identity/organizations_store.hpp"
#include "tenantd/identity/standing.hpp"

namespace tenantd::service {
namespace {

// An owner's too.
std::vector<store::SsoOrganization> all_sso_organizations(db::Txn& txn, UserId user) {
  auto all = store::sso_organizations(txn, user, false);
  for (auto& one : store::sso_organizations(txn, user, true)) all.push_back(std::move(one));
  return all;
}

void mail_bypass(db::Txn& txn, const Context& context, const store::SsoOrganization& org,
                 const UserRecord& user) {
  auto values = where_and_when(context, user);
  values["organization"] = org.name;
  values["actor"] = user.email;
  for (const auto& owner : store::owners_of(txn, org.id)) {
    values["email"] = owner.email;
    offer_mail(txn, context, {mail::Template::sso_bypassed, owner.email, values}, org.id,
               {owner.email, owner.user, owner.proven});
  }
}

}  // namespace

void require_own_way(db::Txn& txn, UserId user) {
  if (store::first_membership(txn, user)) return;
  const auto closed = store::sso_organizations(txn, user, false);
  if (!closed.empty()) require_provider(closed.front().slug);
}

void require_movable_address(db::Txn& txn, UserId user) {
  for (const auto& closed : all_sso_organizations(txn, user)) require_provider(closed.slug);
}

void require_let_in(db::Txn& txn, UserId user, OrgId org) {
  for (const auto& closed : all_sso_organizations(txn, user))
    if (closed.id == org) require_provider(closed.slug);
}

void tell_of_bypass(db::Txn& txn, const Context& context, const UserRecord& user, SessionId session) {
  const auto all = store::sso_organizations(txn, user.id, true);
  if (all.empty()) return;
  const auto before = txn.scope();
  for (const auto& org : all) {
    txn.enter({org.id, user.id, false});
    store::note_bypass(txn, session, context.now);
    Change change{"sso.bypassed", "user", user.id.bytes()};
    change.after.set("email", user.email).set("session_id", session);
    record_by(txn, context, org.id, user.id, change);
    mail_bypass(txn, context, org, user);
  }
  txn.enter(before);
}

void enforce_sso(const Work& work, const Session& session) {
  stand_for_good(work);
  if (store::is_sso_enforced(work.txn, work.scope)) return;
  if (store::count_proven_domains(work.txn, work.scope) == 0)
    throw ApiError(ErrorCode::domain_unproven, "Prove a domain first: it says whose sign-in is meant");
  if (!has_active_provider(work.txn, work.scope))
    throw ApiError(ErrorCode::conflict,
                   "The organization has no active identity provider: nobody could sign in");
  store::set_sso_enforced(work.txn, work.scope, true, work.context.now);
  // An owner who signed in otherwise goes on; everybody else of the domains is out with this commit.
  store::note_bypass(work.txn, session.id(), work.context.now);
  work.txn.touch(work.scope.org());
  record(work, {"sso.enforced", "organization", work.scope.org().bytes(),
                json::Object{}.set("enforced", false), json::Object{}.set("enforced", true)});
}

void release_sso(const Work& work) {
  stand_for_good(work);
  if (!store::is_sso_enforced(work.txn, work.scope)) return;
  store::set_sso_enforced(work.txn, work.scope, false, work.context.now);
  record(work, {"sso.released", "organization", work.scope.org().bytes(),
                json::Object{}.set("enforced", true), json::Object{}.set("enforced", false)});
}

}  // namespace tenantd::service
