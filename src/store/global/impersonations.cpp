#include "tenantd/store/global/impersonations.hpp"

namespace tenantd::store {
namespace {

constexpr db::Sql kInsert{
    "impersonation.insert",
    "INSERT INTO session (id, user_id, org_id, bound_org_id, actor_id, reason, parent_id, counter, "
    "rotated_at, "
    "created_at, expires_at, ends_at, address, agent) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?)"};

}  // namespace

void insert_impersonation(db::Txn& txn, const NewImpersonation& s, TimePoint now) {
  txn.execute(kInsert, s.id, s.user, s.org, s.org, s.actor, s.reason, s.parent, now, now, s.ends_at,
              s.ends_at, s.address, s.agent);
}

}  // namespace tenantd::store
