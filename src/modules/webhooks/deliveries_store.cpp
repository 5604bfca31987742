#include "tenantd/modules/webhooks/deliveries_store.hpp"

#include <algorithm>

#include "tenantd/base/text.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr std::size_t kErrorMax = 500;  // webhook_delivery.last_error

constexpr Sql kWork{
    "delivery.work",
    "SELECT EXISTS (SELECT 1 FROM webhook_delivery WHERE status = 0 AND next_attempt_at <= ?), "
    "EXISTS (SELECT 1 FROM webhook_backlog)"};

// The inner part is a loose scan of delivery_turn, which the optimizer must be told of: however many rows
// wait for a webhook, one is read.
constexpr Sql kWithDue{
    "delivery.webhooks_with_due",
    "SELECT d.org_id, d.webhook_id FROM (SELECT status, org_id, webhook_id, MIN(next_attempt_at) AS due "
    "FROM webhook_delivery FORCE INDEX (delivery_turn) WHERE status = 0 "
    "GROUP BY status, org_id, webhook_id HAVING due <= ?) d "
    "STRAIGHT_JOIN webhook w ON w.org_id = d.org_id AND w.id = d.webhook_id "
    "STRAIGHT_JOIN organization o ON o.id = d.org_id WHERE w.status = 0 AND o.status = 0"};

constexpr Sql kUnread{"delivery.unread_webhooks", "SELECT org_id, id FROM unread_webhook"};
constexpr Sql kTake{"delivery.take_events", "CALL take_events(?, ?, ?)"};
constexpr Sql kForget{"delivery.forget_read", "CALL forget_read()"};

constexpr Sql kFindDue{"delivery.find_due",
                       "SELECT event_id, attempts, pending_since FROM webhook_delivery "
                       "FORCE INDEX (delivery_turn) WHERE status = 0 AND org_id = ? AND webhook_id = ? "
                       "AND next_attempt_at <= ? ORDER BY next_attempt_at, event_seq LIMIT ? "
                       "FOR UPDATE SKIP LOCKED"};

#define TENANTD_THIS_DELIVERY "WHERE org_id = ? AND webhook_id = ? AND event_id = ? AND status = 0"

constexpr Sql kLease{"delivery.lease",
                     "UPDATE webhook_delivery SET lease_until = ?, next_attempt_at = ?, updated_at = "
                     "? " TENANTD_THIS_DELIVERY};

constexpr Sql kDispatch{
    "delivery.read",
    "SELECT w.url, w.secret_sealed, IF(w.previous_until > ?, w.previous_secret_sealed, NULL), e.seq, e.type, "
    "e.actor_id, e.subject_id, e.data, e.created_at, e.traceparent FROM webhook w JOIN event e ON e.org_id = "
    "w.org_id "
    "JOIN organization o ON o.id = w.org_id "
    "WHERE w.org_id = ? AND w.id = ? AND w.status = 0 AND o.status = 0 AND e.id = ?"};

// next_attempt_at: since when the sweeper counts.
constexpr Sql kDelivered{
    "delivery.delivered",
    "UPDATE webhook_delivery SET status = 1, attempts = attempts + 1, lease_until = 0, next_attempt_at = ?, "
    "response_status = ?, duration_ms = ?, last_error = NULL, delivered_at = ?, updated_at = "
    "? " TENANTD_THIS_DELIVERY};

constexpr Sql kFailed{
    "delivery.failed",
    "UPDATE webhook_delivery SET status = ?, attempts = attempts + 1, lease_until = 0, next_attempt_at = ?, "
    "response_status = ?, duration_ms = ?, last_error = ?, updated_at = ? " TENANTD_THIS_DELIVERY
    " AND lease_until = ?"};

constexpr Sql kRelease{
    "delivery.release",
    "UPDATE webhook_delivery SET lease_until = 0, next_attempt_at = ?, updated_at = ? " TENANTD_THIS_DELIVERY
    " AND lease_until = ?"};
#undef TENANTD_THIS_DELIVERY

std::vector<WebhookKey> read_keys(db::Rows rows) {
  std::vector<WebhookKey> found;
  found.reserve(rows.count());
  while (rows.next()) found.push_back({rows.id<OrgId>(0), rows.id<WebhookId>(1)});
  return found;
}

void mark_failed(db::Connection& db, const DeliveryClaim& claim, TimePoint now, const Answer& answer,
                 DeliveryStatus status, TimePoint next_attempt_at) {
  db.execute(kFailed, status, next_attempt_at, answer.response_status, answer.duration_ms,
             cut_bytes(answer.error, kErrorMax), now, claim.webhook.org, claim.webhook.id, claim.event,
             claim.lease_until);
}

}  // namespace

std::string webhook_secret_context(WebhookId id) { return std::string{"webhook:"}.append(id.raw()); }

DeliveryWork find_delivery_work(db::Connection& db, TimePoint now) {
  auto rows = db.query(kWork, now);
  rows.next();
  return {rows.flag(0), rows.flag(1)};
}

std::vector<WebhookKey> webhooks_with_due(db::Connection& db, TimePoint now) {
  return read_keys(db.query(kWithDue, now));
}

std::vector<WebhookKey> webhooks_with_unread(db::Connection& db) { return read_keys(db.query(kUnread)); }

void take_events(db::Connection& db, const WebhookKey& webhook, std::int64_t most) {
  db.execute(kTake, webhook.org, webhook.id, most);
}

void forget_read_backlogs(db::Connection& db) { db.execute(kForget); }

std::vector<DeliveryClaim> claim_deliveries(db::Connection& db, const WebhookKey& webhook, TimePoint now,
                                            TimePoint lease_until, std::int64_t limit) {
  std::vector<DeliveryClaim> claims;
  auto rows = db.query(kFindDue, webhook.org, webhook.id, now, limit);
  while (rows.next())
    claims.push_back({webhook, rows.id<EventId>(0), rows.integer(1), rows.time(2), lease_until});
  for (const auto& claim : claims)
    db.execute(kLease, lease_until, lease_until, now, webhook.org, webhook.id, claim.event);
  return claims;
}

std::optional<Dispatch> read_dispatch(db::Connection& db, const DeliveryClaim& claim, TimePoint now) {
  auto rows = db.query(kDispatch, now, claim.webhook.org, claim.webhook.id, claim.event);
  if (!rows.next()) return std::nullopt;
  return Dispatch{rows.text(0),
                  rows.text(1),
                  rows.maybe_text(2),
                  rows.integer(3),
                  rows.text(4),
                  rows.maybe_id<UserId>(5),
                  rows.maybe_id<EventId>(6),
                  rows.text(7),
                  rows.time(8),
                  rows.maybe_text(9)};
}

void mark_delivered(db::Connection& db, const DeliveryClaim& claim, TimePoint now, const Answer& answer) {
  db.execute(kDelivered, now, answer.response_status, answer.duration_ms, now, now, claim.webhook.org,
             claim.webhook.id, claim.event);
}

void mark_postponed(db::Connection& db, const DeliveryClaim& claim, TimePoint now, const Answer& answer,
                    TimePoint next_attempt_at) {
  mark_failed(db, claim, now, answer, DeliveryStatus::pending, next_attempt_at);
}

void mark_dead(db::Connection& db, const DeliveryClaim& claim, TimePoint now, const Answer& answer) {
  mark_failed(db, claim, now, answer, DeliveryStatus::dead, now);
}

void release_delivery(db::Connection& db, const DeliveryClaim& claim, TimePoint now) {
  db.execute(kRelease, now, now, claim.webhook.org, claim.webhook.id, claim.event, claim.lease_until);
}

}  // namespace tenantd::store
