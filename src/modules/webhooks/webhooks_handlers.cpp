#include "modules/webhooks/webhooks.hpp"

#include <limits>

#include "tenantd/api/encode.hpp"
#include "tenantd/api/etag.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/event_types.hpp"

namespace tenantd::api::handlers {
namespace {

// The fields of a webhook, inside an object.
void put_webhook(JsonOut& json, const store::Webhook& webhook) {
  json.field("id", webhook.id).field("url", webhook.url).field("description", webhook.description);
  json.key("events").begin_array();
  for (const auto type : split(webhook.events, ',')) json.value(type);
  json.end_array()
      .field("status", webhook_status_name(webhook.status))
      .field("created_by", webhook.created_by)
      .field("kept_by", webhook.kept_by)
      .field("created_at", webhook.created_at)
      .field("updated_at", webhook.updated_at);
}

Response webhook_reply(const store::Webhook& webhook, const Secret* secret = nullptr, int status = 200) {
  JsonOut json;
  json.begin_object();
  put_webhook(json, webhook);
  if (secret != nullptr) json.field("secret", secret->reveal());
  json.end_object();
  auto response = status == 201 ? created(json, "/api/v1/webhooks/" + webhook.id.str()) : reply(json, status);
  response.header("ETag", etag(webhook.revision));
  return response;
}

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

template <class AnyId>
AnyId id_of(const Request& request, const char* part) {
  const auto id = AnyId::parse(request.http.path_value(part));
  if (!id) throw ApiError(ErrorCode::not_found);
  return *id;
}

WebhookId webhook_of(const Request& request) { return id_of<WebhookId>(request, "webhook_id"); }

// "member.removed,role.updated", or "*", which stands alone.
std::string events_of(const JsonValue& body) {
  std::string joined;
  const auto& types = member(body, "events")->GetArray();
  for (rapidjson::SizeType i = 0; i < types.Size(); ++i) {
    const std::string type{types[i].GetString(), types[i].GetStringLength()};
    const auto pointer = "/events/" + std::to_string(i);
    if (type == kEveryEvent && types.Size() > 1) refuse_field(pointer, "stands alone: it is every type");
    if (type != kEveryEvent && !is_event_type(type)) refuse_field(pointer, "is no type of event");
    joined += (joined.empty() ? "" : ",") + type;
  }
  return joined;
}

service::WebhookForm form_of(const JsonValue& body) {
  service::WebhookForm form{maybe_text(body, "url"), maybe_text(body, "description"), std::nullopt,
                            std::nullopt};
  if (member(body, "events") != nullptr) form.events = events_of(body);
  if (const auto status = maybe_text(body, "status")) form.status = parse_webhook_status(*status);
  return form;
}

Response list_webhooks(const Request& request, const TenantScope& scope, Txn& txn) {
  const Page page = page_of(request.query);
  return page_reply(
      page, store::list_webhooks(txn, scope, page.from, page.limit + 1),
      [](JsonOut& json, const auto& row) {
        json.begin_object();
        put_webhook(json, row);
        json.end_object();
      },
      [](const auto& row) {
        return store::Keyset{row.created_at, row.id.bytes()};
      },
      [&] { return store::count_webhooks(txn, scope); });
}

Response make_webhook(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto made = service::make_webhook({txn, request.context, scope}, form_of(request.body));
  return webhook_reply(made.webhook, &made.secret, 201);
}

Response show_webhook(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto webhook = store::find_webhook(txn, scope, webhook_of(request));
  if (!webhook) throw ApiError(ErrorCode::not_found);
  return webhook_reply(*webhook);
}

Response change_webhook(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto is_expected = [&](std::int64_t revision) {
    return if_match_allows(request.http.if_match, revision);
  };
  return webhook_reply(service::change_webhook({txn, request.context, scope}, webhook_of(request),
                                               form_of(request.body), is_expected));
}

Response delete_webhook(const Request& request, const TenantScope& scope, Txn& txn) {
  service::remove_webhook({txn, request.context, scope}, webhook_of(request));
  return no_content();
}

Response rotate_webhook_secret(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto made = service::rotate_webhook_secret({txn, request.context, scope}, webhook_of(request));
  return webhook_reply(made.webhook, &made.secret);
}

Response list_deliveries(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto id = webhook_of(request);
  if (!store::find_webhook(txn, scope, id)) throw ApiError(ErrorCode::not_found);
  const Page page = page_of(request.query);
  std::optional<DeliveryStatus> status;
  if (const auto word = maybe_text(request.query, "status")) status = parse_delivery_status(*word);
  const auto before = page.after_number.value_or(std::numeric_limits<std::int64_t>::max());
  return page_reply(
      page, store::list_deliveries(txn, scope, id, status, before, page.limit + 1),
      [](JsonOut& json, const auto& row) { put_delivery(json, row); },
      [](const auto& row) { return row.event_seq; },
      [&] { return store::count_deliveries(txn, scope, id, status); });
}

Response replay_delivery(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto delivery = service::replay_delivery({txn, request.context, scope}, webhook_of(request),
                                                 id_of<EventId>(request, "event_id"));
  JsonOut json;
  put_delivery(json, delivery);
  return reply(json, 202);
}

constexpr auto kRows =
    section("Events and webhooks",
            {
                {.method = GET,
                 .path = "/api/v1/webhooks",
                 .handler = list_webhooks,
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
                 .handler = show_webhook,
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
                 .rate = Rate::write,
                 .reply = accepted("webhook_delivery"),
                 .refuses = {not_found, conflict},
                 .summary = "Send an event once more, also a dead one"},
            });

}  // namespace

std::span<const Route> webhooks_rows() { return kRows; }

}  // namespace tenantd::api::handlers
