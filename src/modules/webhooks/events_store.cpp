#include "tenantd/modules/webhooks/events_store.hpp"
#include "tenantd/db/counting.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

#define TENANTD_EVENT_COLUMNS "SELECT id, seq, type, actor_id, subject_id, data, created_at FROM event "
constexpr Sql kList{"event.list", TENANTD_EVENT_COLUMNS "WHERE org_id = ? AND seq > ? ORDER BY seq LIMIT ?"};
constexpr Sql kListType{"event.list_type", TENANTD_EVENT_COLUMNS
                        "WHERE org_id = ? AND type = ? AND seq > ? ORDER BY seq LIMIT ?"};
constexpr Sql kFind{"event.find", TENANTD_EVENT_COLUMNS "WHERE org_id = ? AND id = ?"};
#undef TENANTD_EVENT_COLUMNS
constexpr Sql kCount{"event.count",
                     TENANTD_COUNT_SOME("event WHERE org_id = ? AND type = COALESCE(?, type)")};

Event read_event(const db::Rows& rows) {
  return {rows.id<EventId>(0),       rows.integer(1), rows.text(2), rows.maybe_id<UserId>(3),
          rows.maybe_id<EventId>(4), rows.text(5),    rows.time(6)};
}

}  // namespace

std::vector<Event> list_events(db::Txn& txn, const TenantScope& scope, std::int64_t after,
                               const std::optional<std::string>& type, std::int64_t limit) {
  auto rows = type ? txn.query(kListType, scope.org(), *type, after, limit)
                   : txn.query(kList, scope.org(), after, limit);
  std::vector<Event> found;
  found.reserve(rows.count());
  while (rows.next()) found.push_back(read_event(rows));
  return found;
}

std::int64_t count_events(db::Txn& txn, const TenantScope& scope, const std::optional<std::string>& type) {
  auto rows = txn.query(kCount, scope.org(), type);
  rows.next();
  return rows.integer(0);
}

std::optional<Event> find_event(db::Txn& txn, const TenantScope& scope, EventId id) {
  auto rows = txn.query(kFind, scope.org(), id);
  if (!rows.next()) return std::nullopt;
  return read_event(rows);
}

}  // namespace tenantd::store
