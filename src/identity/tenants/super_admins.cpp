#include "tenantd/identity/super_admins.hpp"

#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::service {
namespace {

std::optional<bool> change(db::Txn& txn, const Context& context, const Email& email, bool is_one) {
  const auto account = store::find_account(txn, email);
  if (!account) return std::nullopt;
  const auto& user = account->user;
  // Somebody else may have signed up with the address, and know the password.
  if (is_one && !user.is_super && !user.email_verified_at) throw ApiError(ErrorCode::account_unverified);
  const auto scope = store::SuperAdminScope::unsafe_for_tenantctl();
  if (!store::set_super_admin(txn, scope, user.id, is_one, context.now)) return is_one;
  if (!is_one) store::delete_sessions(txn, user.id, std::nullopt);
  const auto values = [&](bool value) {
    return std::move(json::Object{}.set("email", user.email).set("super_admin", value));
  };
  record_for_system(txn, context,
                    {is_one ? "super_admin.granted" : "super_admin.revoked", "user", user.id.bytes(),
                     values(!is_one), values(is_one)});
  return !is_one;
}

}  // namespace

bool is_super_admin(db::Txn& txn, const Email& email) {
  const auto account = store::find_account(txn, email);
  return account && account->user.is_super;
}

std::optional<bool> grant_super_admin(db::Txn& txn, const Context& context, const Email& email) {
  return change(txn, context, email, true);
}

std::optional<bool> revoke_super_admin(db::Txn& txn, const Context& context, const Email& email) {
  return change(txn, context, email, false);
}

}  // namespace tenantd::service
