#include <algorithm>

#include "identity/members/members.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/organizations.hpp"

namespace tenantd::service {
namespace {

// No account has more (sql/routines.sql).
constexpr std::int64_t kMostMemberships = 1000;
constexpr std::size_t kMostNamedOrganizations = 10;

std::vector<store::Membership> memberships_in_order(db::Txn& txn, UserId user) {
  auto found = store::list_memberships(txn, user, {}, kMostMemberships);
  // Whoever locks several organizations does so in this order.
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.organization.id < b.organization.id; });
  return found;
}

// Nobody else is in it: it goes with its owner.
bool is_own_alone(db::Txn& txn, const TenantScope& scope, const store::Membership& membership) {
  return membership.organization.personal && store::count_members(txn, scope, {}) == 1;
}

void close(const Work& work, const OrganizationRecord& organization) {
  json::Object before;
  before.set("name", organization.name).set("slug", organization.slug);
  record_for_system(work.txn, work.context,
                    {"organization.deleted", "organization", work.scope.org().bytes(), std::move(before)});
  store::delete_organization(work.txn, work.scope, organization.name);
}

// Throws ApiError(last_owner) for those that would be left without an owner.
void require_owners(const std::vector<std::string>& without) {
  if (without.empty()) return;
  std::string names;
  for (std::size_t i = 0; i < std::min(without.size(), kMostNamedOrganizations); ++i)
    names += (names.empty() ? "" : ", ") + without[i];
  if (without.size() > kMostNamedOrganizations) names += " and others";
  throw ApiError(ErrorCode::last_owner,
                 "Hand these organizations on to another owner, or delete them, first: " + names);
}

}  // namespace

void Founding::leave_every(db::Txn& txn, const Context& context, UserId user) {
  const auto before = txn.scope();
  std::vector<std::string> without;
  for (const auto& membership : memberships_in_order(txn, user)) {
    const TenantScope scope{membership.organization.id, user, membership.role.permissions};
    const Work work{txn, context, scope};
    store::enter(txn, scope);
    if (!store::lock_organization_now(txn, scope)) continue;
    const auto member = store::find_member(txn, scope, user);
    if (!member) continue;
    if (is_own_alone(txn, scope, membership)) {
      close(work, membership.organization);
      continue;
    }
    try {
      end_membership(work, *member);
    } catch (const ApiError& e) {
      if (e.code() != ErrorCode::last_owner) throw;
      without.push_back(membership.organization.slug);
    }
  }
  txn.enter(before);
  require_owners(without);
}

}  // namespace tenantd::service
