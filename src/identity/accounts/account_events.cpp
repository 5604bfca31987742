#include "tenantd/identity/account_events.hpp"

#include "identity/accounts/account_events_store.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::service {

void record_account_event(db::Txn& txn, const Context& context, UserId user, std::string_view type,
                          std::optional<SessionId> session, std::optional<UserId> actor) {
  store::NewAccountEvent event{crypto::new_id<EventId>(), user, type, session, actor};
  event.address = context.address;
  event.agent = context.agent;
  if (context.caller != nullptr) event.api_key = context.caller->api_key;
  store::insert_account_event(txn, event, context.now);
}

void record_account_change(db::Txn& txn, const Context& context, UserId user, const AccountChange& change) {
  record_account_event(txn, context, user, change.type, change.session);
  record_for_account(txn, context, user, {change.type, "user", user.bytes(), change.before, change.after});
}

void record_account_change(const Work& work, UserId user, const AccountChange& change) {
  record_account_event(work.txn, work.context, user, change.type, change.session, work.scope.user());
  record_audit(work, {change.type, "user", user.bytes(), change.before, change.after});
}

void end_sessions_told(db::Txn& txn, const Context& context, UserId user, std::optional<SessionId> keep) {
  const auto live = store::list_sessions(txn, user, {}, {}, kMostEndedTold + 1, context.now);
  store::delete_sessions(txn, user, keep);
  std::int64_t told = 0;
  for (const auto& session : live) {
    if (session.id == keep || told++ == kMostEndedTold) continue;
    json::Object before, after;
    before.set("session_id", session.id);
    after.set("sessions_ended", true);
    record_for_account(txn, context, user,
                       {"session.ended", "user", user.bytes(), std::move(before), std::move(after)});
  }
}

}  // namespace tenantd::service
