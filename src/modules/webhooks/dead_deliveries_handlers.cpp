#include "modules/webhooks/dead_deliveries_store.hpp"

#include <algorithm>
#include <utility>

#include "modules/webhooks/delivery_json.hpp"
#include "modules/webhooks/webhooks.hpp"
#include "tenantd/api/collection.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"

namespace tenantd::api::handlers {
namespace {

// Of one event: an organization's webhooks that gave it up in the same second stand on one page.
constexpr std::int64_t kMostOfOneEvent = 200;

// "hooks.example.com:8443" of an address.
std::string host_of(const std::string& url) {
  const auto scheme = url.find("://");
  const auto begin = scheme == std::string::npos ? 0 : scheme + 3;
  return url.substr(begin, url.find_first_of("/?#", begin) - begin);
}

void put_dead_delivery(JsonOut& json, const store::DeadDelivery& delivery) {
  json.begin_object()
      .field("tenant_id", delivery.org)
      .field("tenant_name", delivery.org_name)
      .field("webhook_id", delivery.webhook)
      .field("webhook_status", webhook_status_name(delivery.webhook_status))
      .field("host", host_of(delivery.url))
      .field("event_id", delivery.event)
      .field("event_type", delivery.event_type)
      .field("attempts", delivery.attempts)
      .field("response_status", delivery.response_status)
      .field("error", delivery.error)
      .field("created_at", delivery.created_at)
      .field("dead_at", delivery.dead_at)
      .end_object();
}

auto place_of(const store::DeadDelivery& delivery) { return std::pair{delivery.dead_at, delivery.event}; }

Response list_dead_deliveries(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const Page page = page_of(request.query);
  const auto rows = store::list_dead_deliveries(txn, admin, page.from, page.limit + kMostOfOneEvent);
  auto end = std::min(rows.size(), static_cast<std::size_t>(page.limit));
  while (end > 0 && end < rows.size() && place_of(rows[end - 1]) == place_of(rows[end])) ++end;
  JsonOut json;
  json.begin_object().key("items").begin_array();
  for (std::size_t i = 0; i < end; ++i) put_dead_delivery(json, rows[i]);
  json.end_array().key("next_cursor");
  json.value(end < rows.size() ? std::optional{make_cursor(
                                     store::Keyset{rows[end - 1].dead_at, rows[end - 1].event.bytes()})}
                               : std::nullopt);
  json.end_object();
  return reply(json);
}

// In the organization's name: its log says who it was.
Response replay_dead_delivery(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const auto scope = admin.in(path_id<OrgId>(request, "tenant_id"));
  const auto delivery =
      service::replay_delivery({txn, request.context, scope}, path_id<WebhookId>(request, "webhook_id"),
                               path_id<EventId>(request, "event_id"));
  JsonOut json;
  put_delivery(json, delivery);
  return reply(json, 202);
}

constexpr auto kDeadDeliveriesRows = section(
    "Events and webhooks",
    {
        {.method = GET,
         .path = "/api/v1/admin/webhooks/dead",
         .handler = list_dead_deliveries,
         .rate = Rate::read,
         .query = "dead_deliveries_query",
         .reply = ok("dead_deliveries"),
         .refuses = nothing,
         .name = "listDeadDeliveries",
         .summary = "Deliveries of every organization that were given up, the newest first"},
        {.method = POST,
         .path = "/api/v1/admin/tenants/{tenant_id}/webhooks/{webhook_id}/deliveries/{event_id}/replay",
         .handler = replay_dead_delivery,
         .rate = Rate::write,
         .reply = accepted("webhook_delivery"),
         .refuses = {not_found, conflict},
         .summary = "Send an event of an organization to its webhook once more"},
    });

}  // namespace

std::span<const Route> dead_deliveries_rows() { return kDeadDeliveriesRows; }

}  // namespace tenantd::api::handlers
