#include "tenantd/identity/standing.hpp"

#include "tenantd/domain/error.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/organizations_store.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::service {
namespace {

// Acts with an owner's rights wherever there is an organization.
store::Member stand_as_super_admin(db::Txn& txn, const Context& context, const TenantScope& scope) {
  require_live_session(txn, context);
  const auto account = store::find_account(txn, scope.user());
  if (!account || !account->user.is_super || account->user.status != Status::active)
    throw ApiError(ErrorCode::forbidden);
  if (!store::find_organization(txn, scope)) throw ApiError(ErrorCode::not_found);
  store::Member member;
  member.user = scope.user();
  member.email = account->user.email;
  member.role.name = kOwnerRole;
  member.role.permissions = scope.permissions();
  return member;
}

constexpr int kTries = 6;  // about a tenth of a second

// What waits is the thread, for a moment, and never for the end of a long list of changes.
// False if there is no such organization any more.
bool lock_without_waiting(db::Txn& txn, const TenantScope& scope) {
  for (int n = 1;; ++n) {
    try {
      return store::lock_organization_now(txn, scope);
    } catch (const db::LockTimeout&) {
      if (n == kTries) throw;
    }
    db::back_off(n);
  }
}

}  // namespace

void require_live_session(db::Txn& txn, const Context& context) {
  if (context.caller == nullptr) return;
  store::lock_profile(txn, context.caller->user.id);
  if (!store::find_session(txn, context.caller->session))
    throw ApiError(ErrorCode::invalid_token, "The session has ended");
}

store::Member stand_under_lock(const Work& work, Lock lock) {
  store::enter(work.txn, work.scope);
  const bool is_there = lock == Lock::wait ? store::lock_organization(work.txn, work.scope)
                                           : lock_without_waiting(work.txn, work.scope);
  if (work.scope.is_super()) return stand_as_super_admin(work.txn, work.context, work.scope);
  auto caller = work.context.caller != nullptr
                    ? store::find_caller(work.txn, work.scope, *work.context.caller)
                    : store::find_member(work.txn, work.scope, work.scope.user());
  if (!is_there || !caller || caller->status != Status::active ||
      !caller->role.permissions_at(work.context.now).covers(work.scope.permissions()))
    throw ApiError(ErrorCode::forbidden);
  return *std::move(caller);
}

store::Member stand_for_good(const Work& work, Lock lock) {
  auto caller = stand_under_lock(work, lock);
  if (caller.role.expires_at) throw ApiError(ErrorCode::temporary_right);
  return caller;
}

bool stands_for_good(db::Txn& txn, const TenantScope& scope, UserId keeper, PermissionSet needs) {
  const auto account = store::find_account(txn, keeper);
  if (!account || account->user.status != Status::active) return false;
  if (account->user.is_super) return true;
  const auto member = store::find_member(txn, scope, keeper);
  return member && member->status == Status::active && !member->role.expires_at &&
         member->role.permissions.covers(needs);
}

Reader reader_of(const store::Member& member) {
  return {member.email, member.user, member.email_verified_at.has_value()};
}

}  // namespace tenantd::service
