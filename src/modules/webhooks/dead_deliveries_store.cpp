#include "modules/webhooks/dead_deliveries_store.hpp"

namespace tenantd::store {
namespace {

constexpr db::Sql kDeadDeliveries{
    "delivery.list_dead",
    "SELECT org_id, org_name, webhook_id, url, webhook_status, event_id, type, attempts, dead_at, "
    "response_status, last_error, created_at FROM admin_dead_delivery WHERE dead_at <= ? AND (dead_at < ? OR "
    "event_id < ?) ORDER BY dead_at DESC, event_id DESC LIMIT ?"};

DeadDelivery read_dead_delivery(const db::Rows& rows) {
  return {rows.id<OrgId>(0),
          rows.text(1),
          rows.id<WebhookId>(2),
          rows.text(3),
          static_cast<WebhookStatus>(rows.integer(4)),
          rows.id<EventId>(5),
          rows.text(6),
          rows.integer(7),
          rows.time(8),
          rows.maybe_integer(9),
          rows.maybe_text(10),
          rows.time(11)};
}

}  // namespace

std::vector<DeadDelivery> list_dead_deliveries(db::Txn& txn, const SuperAdmin& admin,
                                               const std::optional<Keyset>& from, std::int64_t limit) {
  txn.enter(admin);
  const auto start = from.value_or(Keyset::newest());
  auto rows = txn.query(kDeadDeliveries, start.time, start.time, EventId{start.id}, limit);
  std::vector<DeadDelivery> found;
  while (rows.next()) found.push_back(read_dead_delivery(rows));
  return found;
}

}  // namespace tenantd::store
