#include "identity/accounts/proven_account.hpp"

#include "identity/sso/identities_store.hpp"

namespace tenantd::store {

std::optional<ProvenAccount> prove_account(db::Txn& txn, const Account& account) {
  const auto& user = account.user;
  const bool unopened = account.password.empty() && identities_of(txn, user.id).empty();
  if (!user.email_verified_at && !unopened) return std::nullopt;
  return ProvenAccount{user.id};
}

}  // namespace tenantd::store
