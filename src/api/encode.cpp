#include "tenantd/api/encode.hpp"

#include <algorithm>

#include "tenantd/base/text.hpp"

namespace tenantd::api {

Response notice(std::string_view detail) {
  JsonOut json;
  json.begin_object().field("detail", detail).end_object();
  return reply(json, 202);
}

namespace {

// What a cursor says: the order's number, which is seconds where that is a time, and an id.
struct Cursor {
  std::int64_t number = 0;
  UuidBytes id{};
};
static_assert(sizeof(Cursor) == 24);

std::string spelled(const Cursor& cursor) {
  return base64url_encode({reinterpret_cast<const char*>(&cursor), sizeof cursor});
}

Cursor parse_cursor(const std::string& text) {
  const auto raw = base64url_decode(text);
  Cursor cursor;
  if (!raw || raw->size() != sizeof cursor) refuse_field("?cursor", "is no cursor of this list");
  std::memcpy(&cursor, raw->data(), sizeof cursor);
  return cursor;
}

}  // namespace

std::string make_cursor(const store::Keyset& last) { return spelled({unix_seconds(last.time), last.id}); }
std::string make_cursor(std::int64_t number) { return spelled({number, {}}); }

Page page_of(const JsonValue& query) {
  Page page;
  if (const auto* limit = member(query, "limit")) page.limit = limit->GetInt64();
  if (const auto* total = member(query, "include_total")) page.include_total = total->GetBool();
  if (const auto text = maybe_text(query, "cursor")) {
    const auto cursor = parse_cursor(*text);
    page.from = {from_unix(cursor.number), cursor.id};
    page.after_number = cursor.number;
  }
  return page;
}

}  // namespace tenantd::api
