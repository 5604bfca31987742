#include "tenantd/modules/webhooks/events_store.hpp"

#include <algorithm>

#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/base/json.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api::handlers {
namespace {

// The values of a change are the audit log's: shown to who may read that.
std::string shown_data(const TenantScope& scope, const store::Event& event) {
  if (scope.permissions().has(audit_read)) return event.data;
  const auto data = json::read_object(event.data);
  json::Object shown;
  if (!data) return shown.text();
  for (const auto& member : data->GetObject())
    if (const auto name = json::view(member.name); name != "old_values" && name != "new_values")
      shown.raw(name, json::compact(member.value));
  return shown.text();
}

void put_event(JsonOut& json, const TenantScope& scope, const store::Event& event) {
  json.begin_object()
      .field("id", event.id)
      .field("seq", event.seq)
      .field("type", event.type)
      .field("actor_id", event.actor)
      .field("subject_id", event.subject)
      .key("data")
      .raw(shown_data(scope, event))
      .field("created_at", event.created_at)
      .end_object();
}

Response list_events(const Request& request, const TenantScope& scope, Txn& txn) {
  const Page page = page_of(request.query);
  const auto type = maybe_text(request.query, "type");
  const auto* typed = member(request.query, "after");
  const auto after =
      std::max<std::int64_t>(typed != nullptr ? typed->GetInt64() : 0, page.after_number.value_or(0));
  return page_reply(
      page, store::list_events(txn, scope, after, type, page.limit + 1),
      [&](JsonOut& json, const auto& row) { put_event(json, scope, row); },
      [](const auto& row) { return row.seq; },
      [&] { return total_up_to(store::count_events(txn, scope, type)); });
}

Response show_event(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto id = EventId::parse(request.http.path_value("event_id"));
  const auto event = id ? store::find_event(txn, scope, *id) : std::nullopt;
  if (!event) throw ApiError(ErrorCode::not_found);
  JsonOut json;
  put_event(json, scope, *event);
  return reply(json);
}

constexpr auto kEventsRows =
    section("Events and webhooks",
            {
                {.method = GET,
                 .path = "/api/v1/events",
                 .handler = list_events,
                 .permission = events_read,
                 .rate = Rate::read,
                 .query = "events_query",
                 .reply = ok("events"),
                 .refuses = nothing,
                 .summary = "What happened in the organization, in the order in which it became true"},
                {.method = GET,
                 .path = "/api/v1/events/{event_id}",
                 .handler = show_event,
                 .permission = events_read,
                 .rate = Rate::read,
                 .reply = ok("event"),
                 .refuses = {not_found},
                 .summary = "An event"},
            });

}  // namespace

std::span<const Route> events_rows() { return kEventsRows; }

}  // namespace tenantd::api::handlers
