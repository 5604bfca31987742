#include "identity/sso/linking.hpp"

#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::service {

std::optional<Asker> asker_of(const std::optional<UserId>& user, const std::optional<SessionId>& session) {
  if (!user || !session) return std::nullopt;
  return Asker{*user, *session};
}

bool still_asks(db::Txn& txn, const Asker& linking) {
  store::lock_profile(txn, linking.user);
  return store::find_session(txn, linking.session).has_value();
}

}  // namespace tenantd::service
