#include "modules/webhooks/webhooks_store.hpp"

#include "tenantd/db/counting.hpp"
#include "tenantd/domain/event_types.hpp"
#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

using namespace record;

// Path and query often are the secret that lets one in: whoever reads the log has no use for them.
std::string url_without_secrets(const Webhook& webhook) {
  const auto& url = webhook.url;
  const auto host = url.find("://");
  const auto path = url.find_first_of("/?#", host == std::string::npos ? 0 : host + 3);
  if (path == std::string::npos || path + 1 == url.size()) return url;
  return url.substr(0, path) + "/***";
}

std::string_view fault_of_event(std::string_view type, std::size_t count) {
  if (type == kEveryEvent) return count > 1 ? "stands alone: it is every type" : "";
  return is_event_type(type) ? "" : "is no type of event";
}

constexpr const char* kExamples =
    R"([{"url":"https://hooks.example.com/tenantd","events":["member.removed","member.role_changed"],)"
    R"("description":"Keeps the staff directory","status":"active"},)"
    R"({"url":"https://hooks.example.com/all","events":["*"]}])";
constexpr const char* kChangeExamples =
    R"([{"status":"paused"},)"
    R"({"url":"https://hooks.example.com/tenantd","events":["member.removed","member.role_changed"],)"
    R"("description":"Keeps the staff directory","status":"active"}])";

constexpr auto kWebhook = record::record<Webhook>(
    "webhook",
    code<&Webhook::url>("url").length(1, 2000).unaudited().says(
        "https, without user and password; its host must have public addresses alone"),
    computed<url_without_secrets>("url", Kind::text).audited_alone(),
    name<&Webhook::description>("description").length(0, 200).unless_given(""),
    names<&Webhook::events>("events")
        .range(1, 200)
        .each_length(1, 64)
        .judged_by(fault_of_event)
        .unaudited()
        .says("Types of events, or * alone for all of them"),
    text<&Webhook::events>("events").audited_alone(),
    choice<&Webhook::status>("status", kWebhookStatusNames)
        .numbered()
        .unless_given("active")
        .says("Unless given: active for a new webhook, and no change of another. What happens while it is "
              "paused is not sent later"),
    reference<&Webhook::created_by>("created_by").kept().says("The member who made it"),
    reference<&Webhook::kept_by>("kept_by")
        .only(kReply | kStored | kWritten | kAudited)
        .says("Who answers for it: who made it, or saved it last. It is paused once that member is gone or "
              "may not make webhooks for good"),
    text<&Webhook::secret_sealed>("secret_sealed").written_once(), Examples{kExamples, kChangeExamples},
    ShownOnce{"secret", "^whsec_",
              "Signs what is sent (Standard Webhooks). Shown this once: it is kept sealed"});

// MariaDB assigns from left to right.
constexpr Sql kReplaceSecret{
    "webhook.replace_secret",
    "UPDATE webhook SET previous_secret_sealed = secret_sealed, previous_until = ?, secret_sealed = ?, "
    "revision = revision + 1, updated_at = ? WHERE org_id = ? AND id = ?"};
constexpr Sql kPause{"webhook.pause",
                     "UPDATE webhook SET status = 1, revision = revision + 1, updated_at = ? "
                     "WHERE org_id = ? AND id = ? AND status = 0"};

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
                               TENANTD_COUNT_SOME("webhook_delivery WHERE org_id = ? AND webhook_id = ? "
                                                  "AND status = COALESCE(?, status)")};
constexpr Sql kReplay{
    "delivery.replay",
    "UPDATE webhook_delivery SET status = 0, attempts = 0, next_attempt_at = ?, lease_until = 0, "
    "pending_since = ?, response_status = NULL, duration_ms = NULL, last_error = NULL, delivered_at = NULL, "
    "updated_at = ? WHERE org_id = ? AND webhook_id = ? AND event_id = ? "
    "AND NOT (status = 0 AND lease_until > ?)"};

WebhookDelivery read_delivery(const db::Rows& rows) {
  return {rows.id<EventId>(0),   rows.integer(1),
          rows.text(2),          static_cast<DeliveryStatus>(rows.integer(3)),
          rows.integer(4),       rows.time(5),
          rows.maybe_integer(6), rows.maybe_integer(7),
          rows.maybe_text(8),    rows.time(9),
          rows.time(10),         maybe_time(rows, 11)};
}

std::int64_t first_number(db::Rows rows) {
  rows.next();
  return rows.integer(0);
}

}  // namespace

constexpr Resource webhook_list = resource(kWebhook, {.path = "/api/v1/webhooks"});
const Table<Webhook> webhook_table{kWebhook};

void replace_webhook_secret(db::Txn& txn, const TenantScope& scope, WebhookId id, const std::string& secret,
                            TimePoint previous_until, TimePoint now) {
  txn.execute(kReplaceSecret, previous_until, secret, now, scope.org(), id);
}

bool pause_webhook(db::Txn& txn, const TenantScope& scope, WebhookId id, TimePoint now) {
  return txn.execute(kPause, now, scope.org(), id) == 1;
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

namespace tenantd::modules {

const api::Described& webhook_resource() {
  static const api::Described made = record::describe_schemas(store::kWebhook);
  return made;
}

}  // namespace tenantd::modules
