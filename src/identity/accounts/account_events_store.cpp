#include "identity/accounts/account_events_store.hpp"

#include "tenantd/db/counting.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kInsertEvent{"account_event.insert",
                           "INSERT INTO account_event (id, user_id, identity, type, session_id, actor_id, "
                           "api_key_id, address, agent, method, created_at) "
                           "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kSettle{"account_event.settle",
                      "UPDATE account_event SET type = ?, session_id = ? WHERE id = ?"};
#define TENANTD_EVENTS(condition)                                                               \
  "SELECT id, type, session_id, actor_id, api_key_id, address, agent, created_at, method FROM " \
  "account_event "                                                                              \
  "WHERE user_id = ? AND id < ? AND type " condition " 'signin.%' ORDER BY id DESC LIMIT ?"
constexpr Sql kSignIns{"account_event.sign_ins", TENANTD_EVENTS("LIKE")};
constexpr Sql kOthers{"account_event.others", TENANTD_EVENTS("NOT LIKE")};
#undef TENANTD_EVENTS
constexpr Sql kCountSignIns{"account_event.count_sign_ins",
                            TENANTD_COUNT_SOME("account_event WHERE user_id = ? AND type LIKE 'signin.%'")};
constexpr Sql kCountOthers{
    "account_event.count_others",
    TENANTD_COUNT_SOME("account_event WHERE user_id = ? AND type NOT LIKE 'signin.%'")};
constexpr Sql kIsThere{
    "account_event.is_there",
    "SELECT 1 FROM account_event WHERE user_id = ? AND type = ? AND created_at >= ? LIMIT 1"};

EventId newest_possible() {
  UuidBytes bytes;
  bytes.fill(0xFF);
  return EventId{bytes};
}

}  // namespace

void insert_account_event(db::Txn& txn, const NewAccountEvent& event, TimePoint now) {
  txn.execute(kInsertEvent, event.id, event.user, event.identity, event.type, event.session, event.actor,
              event.api_key, event.address, event.agent, event.method, now);
}

void settle_account_event(db::Txn& txn, EventId id, std::string_view type, std::optional<SessionId> session) {
  txn.execute(kSettle, type, session, id);
}

std::vector<AccountEvent> list_account_events(db::Txn& txn, UserId user, AccountEvents which,
                                              const std::optional<EventId>& before, std::int64_t limit) {
  auto rows = txn.query(which == AccountEvents::sign_ins ? kSignIns : kOthers, user,
                        before.value_or(newest_possible()), limit);
  std::vector<AccountEvent> found;
  found.reserve(rows.count());
  while (rows.next())
    found.push_back({rows.id<EventId>(0), rows.text(1), rows.maybe_id<SessionId>(2), rows.maybe_id<UserId>(3),
                     rows.maybe_id<ApiKeyId>(4), rows.text(5), rows.text(6), rows.time(7),
                     rows.maybe_text(8)});
  return found;
}

bool has_account_event(db::Txn& txn, UserId user, std::string_view type, TimePoint since) {
  return txn.query(kIsThere, user, type, since).next();
}

std::int64_t count_account_events(db::Txn& txn, UserId user, AccountEvents which) {
  auto rows = txn.query(which == AccountEvents::sign_ins ? kCountSignIns : kCountOthers, user);
  rows.next();
  return rows.integer(0);
}

}  // namespace tenantd::store
