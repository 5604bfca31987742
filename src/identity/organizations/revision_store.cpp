#include "identity/organizations/revision_store.hpp"

namespace tenantd::store {
namespace {

constexpr db::Sql kRevision{"membership.revision",
                            "SELECT revision FROM my_membership WHERE user_id = ? AND org_id = ?"};

}  // namespace

std::optional<std::int64_t> organization_revision(db::Txn& txn, UserId user, OrgId org) {
  const auto before = txn.scope();
  auto scope = before;
  scope.user = user;
  txn.enter(scope);
  auto rows = txn.query(kRevision, user, org);
  txn.enter(before);
  return rows.next() ? std::optional{rows.integer(0)} : std::nullopt;
}

}  // namespace tenantd::store
