#include "tenantd/api/encode.hpp"

#include <algorithm>

#include "tenantd/base/text.hpp"

namespace tenantd::api {

Response notice(std::string_view detail) {
  JsonOut json;
  json.begin_object().field("detail", detail).end_object();
  return reply(json, 202);
}

std::string make_cursor(TimePoint time, const UuidBytes& id) {
  const std::int64_t seconds = unix_seconds(time);
  std::string raw(reinterpret_cast<const char*>(&seconds), sizeof seconds);
  raw.append(reinterpret_cast<const char*>(id.data()), id.size());
  return base64url_encode(raw);
}

Page page_of(const JsonValue& query) {
  Page page;
  if (const auto* limit = member(query, "limit")) page.limit = limit->GetInt64();
  if (const auto* total = member(query, "include_total")) page.include_total = total->GetBool();
  if (const auto cursor = maybe_text(query, "cursor")) {
    const auto raw = base64url_decode(*cursor);
    if (!raw || raw->size() != 24) refuse_field("?cursor", "is no cursor of this list");
    std::int64_t seconds = 0;
    std::memcpy(&seconds, raw->data(), sizeof seconds);
    store::Keyset from{from_unix(seconds), {}};
    std::memcpy(from.id.data(), raw->data() + sizeof seconds, from.id.size());
    page.from = from;
  }
  return page;
}

}  // namespace tenantd::api
