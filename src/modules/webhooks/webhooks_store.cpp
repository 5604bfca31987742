#include "modules/webhooks/webhooks_store.hpp"

#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

#define TENANTD_WEBHOOK_COLUMNS                                                                        \
  "SELECT id, url, description, events, status, revision, created_by, kept_by, created_at, updated_at" \
  " FROM webhook "
constexpr Sql kList{"webhook.list", TENANTD_WEBHOOK_COLUMNS
                    "WHERE org_id = ? AND created_at >= ? AND (created_at > ? OR id > ?) "
                    "ORDER BY created_at, id LIMIT ?"};
constexpr Sql kFind{"webhook.find", TENANTD_WEBHOOK_COLUMNS "WHERE org_id = ? AND id = ?"};
#undef TENANTD_WEBHOOK_COLUMNS
constexpr Sql kCount{"webhook.count", "SELECT COUNT(*) FROM webhook WHERE org_id = ?"};
constexpr Sql kInsert{
    "webhook.insert",
    "INSERT INTO webhook (org_id, id, url, description, secret_sealed, events, status, revision, created_by, "
    "kept_by, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kUpdate{"webhook.update",
                      "UPDATE webhook SET url = ?, description = ?, events = ?, status = ?, kept_by = ?, "
                      "revision = revision + 1, updated_at = ? WHERE org_id = ? AND id = ? AND revision = ?"};
// MariaDB assigns from left to right.
constexpr Sql kReplaceSecret{
    "webhook.replace_secret",
    "UPDATE webhook SET previous_secret_sealed = secret_sealed, previous_until = ?, secret_sealed = ?, "
    "revision = revision + 1, updated_at = ? WHERE org_id = ? AND id = ?"};
constexpr Sql kKept{"webhook.kept",
                    "SELECT id FROM webhook WHERE org_id = ? AND status = 0 AND kept_by " TENANTD_IN_IDS};
constexpr Sql kKeptByHolders{"webhook.kept_by_holders",
                             "SELECT id FROM webhook WHERE org_id = ? AND status = 0 AND kept_by IN "
                             "(SELECT user_id FROM member WHERE org_id = ? AND role_id = ?)"};
constexpr Sql kPause{"webhook.pause",
                     "UPDATE webhook SET status = 1, revision = revision + 1, updated_at = ? "
                     "WHERE org_id = ? AND id = ? AND status = 0"};
constexpr Sql kDelete{"webhook.delete", "DELETE FROM webhook WHERE org_id = ? AND id = ?"};

#define TENANTD_DELIVERY_COLUMNS                                                                         \
  "SELECT d.event_id, d.event_seq, e.type, d.status, d.attempts, d.next_attempt_at, d.response_status, " \
  "d.duration_ms, d.last_error, d.created_at, d.updated_at, d.delivered_at FROM webhook_delivery d "     \
  "JOIN event e ON e.org_id = d.org_id AND e.id = d.event_id WHERE d.org_id = ? AND d.webhook_id = ? AND "
constexpr Sql kDeliveries{"delivery.list",
                          TENANTD_DELIVERY_COLUMNS "d.event_seq < ? ORDER BY d.event_seq DESC LIMIT ?"};
constexpr Sql kDeliveriesOf{"delivery.list_status", TENANTD_DELIVERY_COLUMNS
                            "d.status = ? AND d.event_seq < ? ORDER BY d.event_seq DESC LIMIT ?"};
constexpr Sql kDelivery{"delivery.find", TENANTD_DELIVERY_COLUMNS "d.event_id = ?"};
#undef TENANTD_DELIVERY_COLUMNS
constexpr Sql kCountDeliveries{"delivery.count",
                               "SELECT COUNT(*) FROM webhook_delivery WHERE org_id = ? AND webhook_id = ? "
                               "AND status = COALESCE(?, status)"};
constexpr Sql kReplay{
    "delivery.replay",
    "UPDATE webhook_delivery SET status = 0, attempts = 0, next_attempt_at = ?, lease_until = 0, "
    "pending_since = ?, response_status = NULL, duration_ms = NULL, last_error = NULL, delivered_at = NULL, "
    "updated_at = ? WHERE org_id = ? AND webhook_id = ? AND event_id = ? "
    "AND NOT (status = 0 AND lease_until > ?)"};

Webhook read_webhook(const db::Rows& rows) {
  return {rows.id<WebhookId>(0),
          rows.text(1),
          rows.text(2),
          rows.text(3),
          static_cast<WebhookStatus>(rows.integer(4)),
          rows.integer(5),
          rows.maybe_id<UserId>(6),
          rows.maybe_id<UserId>(7),
          rows.time(8),
          rows.time(9)};
}

WebhookDelivery read_delivery(const db::Rows& rows) {
  return {rows.id<EventId>(0),   rows.integer(1),
          rows.text(2),          static_cast<DeliveryStatus>(rows.integer(3)),
          rows.integer(4),       rows.time(5),
          rows.maybe_integer(6), rows.maybe_integer(7),
          rows.maybe_text(8),    rows.time(9),
          rows.time(10),         maybe_time(rows, 11)};
}

std::vector<WebhookId> read_ids(db::Rows rows) {
  std::vector<WebhookId> found;
  while (rows.next()) found.push_back(rows.id<WebhookId>(0));
  return found;
}

std::int64_t first_number(db::Rows rows) {
  rows.next();
  return rows.integer(0);
}

}  // namespace

std::vector<Webhook> list_webhooks(db::Txn& txn, const TenantScope& scope, const std::optional<Keyset>& from,
                                   std::int64_t limit) {
  const Keyset start = from.value_or(Keyset{from_unix(-1), {}});
  auto rows = txn.query(kList, scope.org(), start.time, start.time, WebhookId{start.id}, limit);
  std::vector<Webhook> found;
  while (rows.next()) found.push_back(read_webhook(rows));
  return found;
}

std::int64_t count_webhooks(db::Txn& txn, const TenantScope& scope) {
  return first_number(txn.query(kCount, scope.org()));
}

std::optional<Webhook> find_webhook(db::Txn& txn, const TenantScope& scope, WebhookId id) {
  auto rows = txn.query(kFind, scope.org(), id);
  if (!rows.next()) return std::nullopt;
  return read_webhook(rows);
}

void insert_webhook(db::Txn& txn, const TenantScope& scope, const Webhook& webhook,
                    const std::string& secret) {
  txn.execute(kInsert, scope.org(), webhook.id, webhook.url, webhook.description, secret, webhook.events,
              webhook.status, webhook.revision, webhook.created_by, webhook.kept_by, webhook.created_at,
              webhook.updated_at);
}

bool update_webhook(db::Txn& txn, const TenantScope& scope, const Webhook& webhook, TimePoint now) {
  return txn.execute(kUpdate, webhook.url, webhook.description, webhook.events, webhook.status,
                     webhook.kept_by, now, scope.org(), webhook.id, webhook.revision) == 1;
}

bool replace_webhook_secret(db::Txn& txn, const TenantScope& scope, WebhookId id, const std::string& secret,
                            TimePoint previous_until, TimePoint now) {
  return txn.execute(kReplaceSecret, previous_until, secret, now, scope.org(), id) == 1;
}

std::vector<WebhookId> list_active_webhooks_of(db::Txn& txn, const TenantScope& scope,
                                               const std::vector<UserId>& keepers) {
  return read_ids(txn.query(kKept, scope.org(), id_list(keepers)));
}

std::vector<WebhookId> list_active_webhooks_of(db::Txn& txn, const TenantScope& scope, RoleId role) {
  return read_ids(txn.query(kKeptByHolders, scope.org(), scope.org(), role));
}

bool pause_webhook(db::Txn& txn, const TenantScope& scope, WebhookId id, TimePoint now) {
  return txn.execute(kPause, now, scope.org(), id) == 1;
}

bool delete_webhook(db::Txn& txn, const TenantScope& scope, WebhookId id) {
  return txn.execute(kDelete, scope.org(), id) == 1;
}

std::vector<WebhookDelivery> list_deliveries(db::Txn& txn, const TenantScope& scope, WebhookId webhook,
                                             std::optional<DeliveryStatus> status, std::int64_t before,
                                             std::int64_t limit) {
  auto rows = status ? txn.query(kDeliveriesOf, scope.org(), webhook, *status, before, limit)
                     : txn.query(kDeliveries, scope.org(), webhook, before, limit);
  std::vector<WebhookDelivery> found;
  while (rows.next()) found.push_back(read_delivery(rows));
  return found;
}

std::int64_t count_deliveries(db::Txn& txn, const TenantScope& scope, WebhookId webhook,
                              std::optional<DeliveryStatus> status) {
  return first_number(txn.query(kCountDeliveries, scope.org(), webhook, status));
}

std::optional<WebhookDelivery> find_delivery(db::Txn& txn, const TenantScope& scope, WebhookId webhook,
                                             EventId event) {
  auto rows = txn.query(kDelivery, scope.org(), webhook, event);
  if (!rows.next()) return std::nullopt;
  return read_delivery(rows);
}

void replay_delivery(db::Txn& txn, const TenantScope& scope, WebhookId webhook, EventId event,
                     TimePoint now) {
  txn.execute(kReplay, now, now, now, scope.org(), webhook, event, now);
}

}  // namespace tenantd::store
