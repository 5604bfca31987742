#include "modules/webhooks/webhooks.hpp"

#include <limits>

#include "modules/webhooks/delivery_json.hpp"
#include "tenantd/api/collection.hpp"
#include "tenantd/api/rows.hpp"

namespace tenantd::api::handlers {

void put_delivery(JsonOut& json, const store::WebhookDelivery& delivery) {
  const bool waits = delivery.status == DeliveryStatus::pending;
  json.begin_object()
      .field("event_id", delivery.event)
      .field("event_seq", delivery.event_seq)
      .field("event_type", delivery.event_type)
      .field("status", delivery_status_name(delivery.status))
      .field("attempts", delivery.attempts)
      .field("next_attempt_at", waits ? std::optional{delivery.next_attempt_at} : std::nullopt)
      .field("response_status", delivery.response_status)
      .field("duration_ms", delivery.duration_ms)
      .field("error", delivery.error)
      .field("created_at", delivery.created_at)
      .field("updated_at", delivery.updated_at)
      .field("delivered_at", delivery.delivered_at)
      .end_object();
}

namespace {

constexpr std::string_view kPath = "/api/v1/webhooks";

void put_webhook(JsonOut& json, const store::Webhook& webhook) { store::webhook_table.put(json, webhook); }

Response made_reply(const service::MadeWebhook& made, int status = 200) {
  const auto put = [&](JsonOut& json, const store::Webhook& webhook) {
    store::webhook_table.put(json, webhook, made.secret);
  };
  return row_reply(made.webhook, kPath, put, status);
}

WebhookId webhook_of(const Request& request) { return path_id<WebhookId>(request, "webhook_id"); }

Response make_webhook(const Request& request, const TenantScope& scope, Txn& txn) {
  store::Webhook webhook;
  store::webhook_table.fill(webhook, request.body);
  return made_reply(service::make_webhook({txn, request.context, scope}, std::move(webhook)), 201);
}

Response change_webhook(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto edit = [&](store::Webhook& webhook) { store::webhook_table.fill_given(webhook, request.body); };
  // What is wrong with the body is said first.
  store::Webhook alone;
  edit(alone);
  return row_reply(service::change_webhook({txn, request.context, scope}, webhook_of(request),
                                           maybe_text(request.body, "url"), edit),
                   kPath, put_webhook);
}

Response delete_webhook(const Request& request, const TenantScope& scope, Txn& txn) {
  service::remove_webhook({txn, request.context, scope}, webhook_of(request));
  return no_content();
}

Response rotate_webhook_secret(const Request& request, const TenantScope& scope, Txn& txn) {
  return made_reply(service::rotate_webhook_secret({txn, request.context, scope}, webhook_of(request)));
}

Response list_deliveries(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto id = webhook_of(request);
  if (!store::webhook_table.find(txn, scope, id.bytes())) throw ApiError(ErrorCode::not_found);
  const Page page = page_of(request.query);
  std::optional<DeliveryStatus> status;
  if (const auto word = maybe_text(request.query, "status")) status = parse_delivery_status(*word);
  const auto before = page.after_number.value_or(std::numeric_limits<std::int64_t>::max());
  return page_reply(
      page, store::list_deliveries(txn, scope, id, status, before, page.limit + 1),
      [](JsonOut& json, const auto& row) { put_delivery(json, row); },
      [](const auto& row) { return row.event_seq; },
      [&] { return total_up_to(store::count_deliveries(txn, scope, id, status)); });
}

Response replay_delivery(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto delivery = service::replay_delivery({txn, request.context, scope}, webhook_of(request),
                                                 path_id<EventId>(request, "event_id"));
  JsonOut json;
  put_delivery(json, delivery);
  return reply(json, 202);
}

Response test_webhook(const Request& request, const TenantScope& scope, Txn& txn) {
  JsonOut json;
  json.begin_object()
      .field("delivery_id",
             service::test_webhook({txn, request.context, scope}, path_id<WebhookId>(request, "webhook_id")))
      .end_object();
  return reply(json, 202);
}

constexpr auto kWebhooksRows =
    section("Events and webhooks",
            {
                {.method = GET,
                 .path = "/api/v1/webhooks",
                 .handler = record::handle<store::webhook_list, record::list_rows>,
                 .permission = webhooks_manage,
                 .rate = Rate::read,
                 .query = "page_query",
                 .reply = ok("webhooks"),
                 .refuses = nothing,
                 .summary = "Webhooks"},
                {.method = POST,
                 .path = "/api/v1/webhooks",
                 .handler = make_webhook,
                 .permission = webhooks_manage,
                 .rate = Rate::outbound,
                 .body = "webhook",
                 .reply = made("new_webhook"),
                 .refuses = {url_refused, limit_reached},
                 .summary = "Have events sent to an URL; the reply alone shows the secret that signs them"},
                {.method = GET,
                 .path = "/api/v1/webhooks/{webhook_id}",
                 .handler = record::handle<store::webhook_list, record::show_row>,
                 .permission = webhooks_manage,
                 .rate = Rate::read,
                 .reply = ok("webhook"),
                 .refuses = {not_found},
                 .summary = "A webhook"},
                {.method = PUT,
                 .path = "/api/v1/webhooks/{webhook_id}",
                 .handler = change_webhook,
                 .permission = webhooks_manage,
                 .rate = Rate::outbound,
                 .body = "change_webhook",
                 .reply = ok("webhook"),
                 .refuses = {not_found, url_refused},
                 .summary = "Change a webhook's URL, events or description, pause it or let it go on; "
                            "If-Match takes its ETag"},
                {.method = DELETE_,
                 .path = "/api/v1/webhooks/{webhook_id}",
                 .handler = delete_webhook,
                 .permission = webhooks_manage,
                 .if_match = true,
                 .rate = Rate::write,
                 .reply = done(),
                 .refuses = {not_found},
                 .summary = "End a webhook, and what waits for it"},
                {.method = POST,
                 .path = "/api/v1/webhooks/{webhook_id}/rotate-secret",
                 .handler = rotate_webhook_secret,
                 .permission = webhooks_manage,
                 .rate = Rate::write,
                 .reply = ok("new_webhook"),
                 .refuses = {not_found},
                 .summary = "Make another secret; for a day the one before signs beside it"},
                {.method = POST,
                 .path = "/api/v1/webhooks/{webhook_id}/test",
                 .handler = test_webhook,
                 .permission = webhooks_manage,
                 .changes_nothing = true,
                 .rate = Rate::write,
                 .reply = accepted("webhook_test"),
                 .refuses = {not_found, conflict},
                 .summary = "Send an event of the type webhook.test to this webhook alone"},
                {.method = GET,
                 .path = "/api/v1/webhooks/{webhook_id}/deliveries",
                 .handler = list_deliveries,
                 .permission = webhooks_manage,
                 .rate = Rate::read,
                 .query = "deliveries_query",
                 .reply = ok("webhook_deliveries"),
                 .refuses = {not_found},
                 .summary = "What became of each event, newest first; kept for 30 days"},
                {.method = POST,
                 .path = "/api/v1/webhooks/{webhook_id}/deliveries/{event_id}/replay",
                 .handler = replay_delivery,
                 .permission = webhooks_manage,
                 .changes_nothing = true,
                 .rate = Rate::write,
                 .reply = accepted("webhook_delivery"),
                 .refuses = {not_found, conflict},
                 .summary = "Send an event once more, also a dead one"},
            });

}  // namespace

std::span<const Route> webhooks_rows() { return kWebhooksRows; }

}  // namespace tenantd::api::handlers
