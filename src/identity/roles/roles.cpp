#include "identity/roles/roles.hpp"
#include "identity/members/kept.hpp"

#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/permission.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/budgets_store.hpp"
#include "tenantd/identity/invitations_store.hpp"
#include "tenantd/identity/organizations_store.hpp"
#include "tenantd/identity/standing.hpp"

namespace tenantd::service {
namespace {

// The role to be changed, once nobody else can change it and nobody can be given it.
store::Role role_under_lock(const Work& work, RoleId id) {
  stand_for_good(work);
  auto role = store::lock_role(work.txn, work.scope, id);
  if (!role) throw ApiError(ErrorCode::not_found);
  if (store::is_system(*role)) throw ApiError(ErrorCode::system_role);
  if (!work.scope.permissions().covers(role->permissions)) throw ApiError(ErrorCode::role_outranks);
  return *std::move(role);
}

// What a role may become, whatever it was.
void judge(const TenantScope& scope, const store::Role& form) {
  if (!scope.permissions().covers(form.permissions)) throw ApiError(ErrorCode::role_outranks);
  // In another case the database finds them taken.
  if (store::is_system(form)) store::refuse_role_name();
}

json::Object values_of(const store::Role& role) { return store::role_table.audit_values(role); }

}  // namespace

store::Role make_role(const Work& work, store::Role role) {
  judge(work.scope, role);
  stand_for_good(work);
  role.id = crypto::new_id<RoleId>();
  role.org = work.scope.org();
  role.created_at = role.updated_at = work.context.now;
  store::role_table.insert(work.txn, work.scope, role);
  store::require_place(work.txn, work.scope, store::Budgeted::roles,
                       work.context.settings.roles_per_organization);
  record(work, {"role.created", "role", role.id.bytes(), {}, values_of(role)});
  return role;
}

store::Role change_role_itself(const Work& work, RoleId id, const store::Role& form) {
  auto role = role_under_lock(work, id);
  judge(work.scope, form);
  require_expected(work.context, role.revision);
  require_proof_to_give(work.context, form.permissions.without(role.permissions));
  auto before = values_of(role);
  const bool loses = !form.permissions.covers(role.permissions);
  role.name = form.name;
  role.description = form.description;
  role.permissions = form.permissions;
  role.updated_at = work.context.now;
  store::update_role(work.txn, work.scope, role);
  ++role.revision;
  // They would die at their acceptance; until then they would stand in the way of others'.
  const auto revoked =
      loses ? store::revoke_invites_by_holders(work.txn, work.scope, id, work.context.now) : 0;
  json::Object revocation;
  revocation.set("inviters_role", role.name).set("invitations", revoked);
  if (revoked > 0) record(work, {"invite.revoked", "invite", id.bytes(), {}, revocation});
  suspend_kept(work, id, role.permissions);
  record(work, {"role.updated", "role", id.bytes(), std::move(before), values_of(role)});
  return role;
}

void remove_role(const Work& work, RoleId id) {
  const auto role = role_under_lock(work, id);
  require_expected(work.context, role.revision);
  if (store::is_role_in_use(work.txn, work.scope, id, work.context.now))
    throw ApiError(ErrorCode::role_in_use);
  store::role_table.erase(work.txn, work.scope, id.bytes());
  record(work, {"role.deleted", "role", id.bytes(), values_of(role)});
}

}  // namespace tenantd::service
