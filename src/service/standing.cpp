#include "tenantd/service/standing.hpp"

#include "tenantd/domain/error.hpp"
#include "tenantd/store/tenant/organizations.hpp"

namespace tenantd::service {

store::Member stand_under_lock(db::Txn& txn, const Context& context, const TenantScope& scope) {
  store::enter(txn, scope);
  store::lock_organization(txn, scope);
  auto caller = store::find_member(txn, scope, scope.user());
  if (!caller || caller->status != Status::active ||
      !caller->role.permissions_at(context.now).covers(scope.permissions()))
    throw ApiError(ErrorCode::forbidden);
  return *std::move(caller);
}

}  // namespace tenantd::service
