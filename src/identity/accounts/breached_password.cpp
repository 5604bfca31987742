#include "identity/accounts/breached_password.hpp"

#include "identity/accounts/account_events_store.hpp"
#include "tenantd/domain/schedule.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/identity/account_events.hpp"

namespace tenantd::service {

void tell_of_breach(db::Txn& txn, const Context& context, const UserRecord& user) {
  constexpr std::string_view kType = "password.breached";
  if (store::has_account_event(txn, user.id, kType, context.now - 30 * kDay)) return;
  record_account_event(txn, context, user.id, kType);
  offer_mail(txn, context, {mail::Template::password_breached, user.email, where_and_when(context, user)},
             std::nullopt, reader_of(user));
}

}  // namespace tenantd::service
