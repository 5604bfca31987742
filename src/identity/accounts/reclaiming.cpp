#include <algorithm>

#include "identity/keys/api_keys_store.hpp"
#include "identity/members/kept.hpp"
#include "identity/oauth/clients_store.hpp"
#include "identity/scim/scim_store.hpp"
#include "identity/sso/identity_providers_store.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/invitations_store.hpp"
#include "tenantd/identity/members_store.hpp"
#include "tenantd/identity/organizations.hpp"
#include "tenantd/identity/roles_store.hpp"
#include "tenantd/mail/links.hpp"

namespace tenantd::service {
namespace {

constexpr std::size_t kMostNamed = 10;
// Far more than an account can found before it verifies its address.
constexpr std::int64_t kMostOrganizations = 1000;

// What was ended in one organization.
struct Ended {
  std::int64_t members = 0;
  Suspended suspended;
  std::int64_t providers = 0;
  std::int64_t invitations = 0;
  std::int64_t keys = 0;      // of the organization itself: a member's own rest with the membership
  std::int64_t clients = 0;   // OAuth's
  bool provisioning = false;  // nobody answers any more for the roles that directories give
  std::string named;          // addresses of the members, the first ones

  bool any() const {
    return members + suspended.webhooks + suspended.streams + providers + invitations + keys + clients > 0 ||
           provisioning;
  }
};

std::string names_of(db::Txn& txn, const TenantScope& scope, const std::vector<UserId>& users) {
  std::string names;
  for (std::size_t i = 0; i < std::min(users.size(), kMostNamed); ++i) {
    const auto member = store::find_member(txn, scope, users[i]);
    if (member) names += (names.empty() ? "" : ", ") + member->email;
  }
  return names;
}

// As many statements for a thousand members as for one.
Ended end_what_rests_on(const Work& work) {
  Ended ended;
  // An acceptance that is under way holds its invitation: who came in by one is listed once all are revoked.
  std::vector<UserId> users;
  for (bool more = true; more;) {
    const auto known = users.size();
    users.push_back(work.scope.user());
    ended.invitations += store::revoke_invites_by(work.txn, work.scope, users, work.context.now);
    users = store::list_standing_on(work.txn, work.scope, work.scope.user());
    more = users.size() > known;
  }
  ended.members = static_cast<std::int64_t>(users.size());
  if (!users.empty()) {
    ended.named = names_of(work.txn, work.scope, users);
    store::deactivate_members(work.txn, work.scope, users, work.context.now);
  }
  users.push_back(work.scope.user());
  ended.suspended = suspend_kept(work, users);
  ended.providers = store::disable_providers_of(work.txn, work.scope, users, work.context.now);
  ended.keys = store::delete_organization_keys_of(work.txn, work.scope, users) +
               store::delete_keys_of_the_gone(work.txn, work.scope, work.scope.user());
  ended.clients = store::delete_clients_of(work.txn, work.scope, users, work.scope.user());
  ended.provisioning = store::forget_scim_keeper(work.txn, work.scope, users, work.context.now);
  return ended;
}

// Of an organization that was handed on to one of those who are out now.
void make_owner(const Work& work, const store::Membership& membership) {
  const auto owner = store::find_role(work.txn, work.scope, std::string{kOwnerRole}).value();
  store::set_member_role(work.txn, work.scope, work.scope.user(), owner.id, std::nullopt, work.context.now);
  json::Object before, after;
  before.set("role", membership.role.name).set("role_expires_at", membership.role.expires_at);
  after.set("role", kOwnerRole).set("role_expires_at", std::optional<TimePoint>{});
  record(work,
         {"member.role_changed", "member", work.scope.user().bytes(), std::move(before), std::move(after)});
}

void tell(const Work& work, const Ended& ended) {
  json::Object after;
  after.set("members_deactivated", ended.members)
      .set("members", ended.named)
      .set("webhooks_paused", ended.suspended.webhooks)
      .set("streams_paused", ended.suspended.streams)
      .set("identity_providers_disabled", ended.providers)
      .set("invitations_revoked", ended.invitations)
      .set("organization_keys_ended", ended.keys)
      .set("oauth_clients_ended", ended.clients)
      .set("provisioning_disabled", ended.provisioning);
  record(work, {"organization.reclaimed", "organization", work.scope.org().bytes(), {}, std::move(after)});
}

std::string line_of(const std::string& organization, const Ended& ended) {
  // Whoever named it may have meant the reader of this mail to follow an address.
  std::string line =
      mail::unlinked(organization) + ": " + std::to_string(ended.members) + " members deactivated";
  if (!ended.named.empty()) line += " (" + ended.named + ')';
  return line + ", " + std::to_string(ended.suspended.webhooks) + " webhooks paused, " +
         std::to_string(ended.providers) + " identity providers switched off, " +
         std::to_string(ended.invitations) + " invitations revoked, " + std::to_string(ended.keys) +
         " keys of the organization ended, " + std::to_string(ended.clients) + " OAuth clients ended" +
         (ended.provisioning ? ", roles for directories switched off" : "");
}

}  // namespace

std::vector<std::string> Founding::reclaim(db::Txn& txn, const Context& context, UserId user) {
  std::vector<std::string> lines;
  const auto before = txn.scope();
  for (const auto& membership : store::list_memberships(txn, user, {}, kMostOrganizations)) {
    const TenantScope scope{membership.organization.id, user, membership.role.permissions};
    store::enter(txn, scope);
    store::lock_organization(txn, scope);
    const bool had_owner = store::count_owners(txn, scope) > 0;
    const auto ended = end_what_rests_on({txn, context, scope});
    if (!ended.any()) continue;
    if (had_owner && store::count_owners(txn, scope) == 0) make_owner({txn, context, scope}, membership);
    tell({txn, context, scope}, ended);
    lines.push_back(line_of(membership.organization.name, ended));
  }
  txn.enter(before);
  return lines;
}

}  // namespace tenantd::service
