#include "tenantd/service/account_events.hpp"

#include "tenantd/crypto/random.hpp"
#include "tenantd/store/global/account_events.hpp"

namespace tenantd::service {

void record_account_event(db::Txn& txn, const Context& context, UserId user, std::string_view type,
                          std::optional<SessionId> session, std::optional<UserId> actor) {
  store::NewAccountEvent event{crypto::new_id<EventId>(), user, type, session, actor};
  event.address = context.address;
  event.agent = context.agent;
  if (context.caller != nullptr) event.api_key = context.caller->api_key;
  store::insert_account_event(txn, event, context.now);
}

}  // namespace tenantd::service
