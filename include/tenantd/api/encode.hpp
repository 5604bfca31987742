// Replies that every wing gives alike.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/api/json.hpp"
#include "tenantd/api/request.hpp"
#include "tenantd/effects/keyset.hpp"

namespace tenantd::api {

// A page of a list: `limit` + 1 rows were read to see whether more follow.
struct Page {
  std::int64_t limit = 50;
  std::optional<store::Keyset> from;
  bool include_total = false;
};
// Throws ApiError(validation_failed) for a cursor that is none of ours.
Page page_of(const JsonValue& query);
std::string make_cursor(TimePoint time, const UuidBytes& id);

// The reply to a list. `rows`: up to page.limit + 1 of them; `put(json, row)` writes one; `key(row)` is where
// the list goes on after it; `count()` the total, asked for only if the caller did.
template <class Row, class Put, class Key, class Count>
Response page_reply(const Page& page, std::vector<Row> rows, Put&& put, Key&& key, Count&& count) {
  const bool more = static_cast<std::int64_t>(rows.size()) > page.limit;
  if (more) rows.pop_back();
  JsonOut json;
  json.begin_object().key("items").begin_array();
  for (const auto& row : rows) put(json, row);
  json.end_array().key("next_cursor");
  if (more) {
    const store::Keyset next = key(rows.back());
    json.value(make_cursor(next.time, next.id));
  } else {
    json.value(nullptr);
  }
  if (page.include_total) json.field("total", static_cast<std::int64_t>(count()));
  json.end_object();
  return reply(json);
}

// 202 with a sentence that says what happens next.
Response notice(std::string_view detail);

}  // namespace tenantd::api
