#include "identity/scim/authority.hpp"

#include "tenantd/domain/permission.hpp"
#include "tenantd/identity/members_store.hpp"
#include "tenantd/identity/organizations_store.hpp"

namespace tenantd::service {
namespace {

// The authenticator gives a key without a member's or an account's role its own id as the role's.
bool stands_for_itself(const Principal& caller) {
  return caller.api_key && caller.role.id.bytes() == caller.api_key->bytes();
}

}  // namespace

PermissionSet provisioning_authority(const Work& work) {
  if (work.scope.is_super()) return work.scope.permissions();
  const auto* caller = work.context.caller;
  if (caller != nullptr && caller->account && !stands_for_itself(*caller)) {
    const auto role = store::find_role(work.txn, work.scope, caller->role.id);
    return role ? role->permissions : PermissionSet{};
  }
  const auto maker = store::find_member(work.txn, work.scope, work.scope.user());
  const bool is_here = maker && maker->status == Status::active;
  const auto held = is_here ? maker->role.permissions_at(work.context.now) : PermissionSet{};
  if (caller == nullptr || !stands_for_itself(*caller)) return held;
  const auto administrators = find_system_role("admin")->permissions;
  if (!is_here) return administrators;
  // What an owner holds for a time does not go over to a key that lasts.
  return maker->role.expires_at ? held & administrators : held;
}

}  // namespace tenantd::service
