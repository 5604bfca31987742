#include "identity/impersonation/impersonations_store.hpp"

namespace tenantd::store {
namespace {

constexpr db::Sql kInsert{
    "impersonation.insert",
    "INSERT INTO session (id, user_id, org_id, bound_org_id, actor_id, reason, parent_id, counter, "
    "rotated_at, "
    "created_at, expires_at, ends_at, address, agent, generation, born, actor_ended) "
    "SELECT ?, u.id, ?, ?, a.id, ?, ?, 0, ?, ?, ?, ?, ?, ?, u.generation, u.generation, a.sessions_ended "
    "FROM user u JOIN user a ON a.id = ? JOIN live_session p ON p.id = ? AND p.user_id = a.id "
    "WHERE u.id = ?"};

}  // namespace

bool insert_impersonation(db::Txn& txn, const NewImpersonation& s, TimePoint now) {
  return txn.execute(kInsert, s.id, s.org, s.org, s.reason, s.parent, now, now, s.ends_at, s.ends_at,
                     s.address, s.agent, s.actor, s.parent, s.user) == 1;
}

}  // namespace tenantd::store
