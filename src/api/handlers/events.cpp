#include "tenantd/store/tenant/events.hpp"

#include <algorithm>

#include "tenantd/api/encode.hpp"
#include "tenantd/api/handlers/handlers.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api::handlers {
namespace {

void put_event(JsonOut& json, const store::Event& event) {
  json.begin_object()
      .field("id", event.id)
      .field("seq", event.seq)
      .field("type", event.type)
      .field("actor_id", event.actor)
      .field("subject_id", event.subject)
      .key("data")
      .raw(event.data)
      .field("created_at", event.created_at)
      .end_object();
}

}  // namespace

Response list_events(const Request& request, const TenantScope& scope, Txn& txn) {
  const Page page = page_of(request.query);
  const auto type = maybe_text(request.query, "type");
  const auto* typed = member(request.query, "after");
  // A cursor of this list holds a number of the order where others hold a time.
  const auto after = std::max<std::int64_t>(typed != nullptr ? typed->GetInt64() : 0,
                                            page.from ? unix_seconds(page.from->time) : 0);
  return page_reply(
      page, store::list_events(txn, scope, after, type, page.limit + 1),
      [](JsonOut& json, const auto& row) { put_event(json, row); },
      [](const auto& row) {
        return store::Keyset{from_unix(row.seq), {}};
      },
      [&] { return store::count_events(txn, scope, type); });
}

Response show_event(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto id = EventId::parse(request.http.path_value("event_id"));
  const auto event = id ? store::find_event(txn, scope, *id) : std::nullopt;
  if (!event) throw ApiError(ErrorCode::not_found);
  JsonOut json;
  put_event(json, *event);
  return reply(json);
}

}  // namespace tenantd::api::handlers
