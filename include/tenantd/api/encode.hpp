// Replies that every wing gives alike.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/api/json.hpp"
#include "tenantd/api/request.hpp"
#include "tenantd/db/counting.hpp"
#include "tenantd/effects/keyset.hpp"

namespace tenantd::api {

// A page of a list: `limit` + 1 rows were read to see whether more follow.
struct Page {
  std::int64_t limit = 50;
  std::optional<store::Keyset> from;         // after it, in a list that is ordered by time
  std::optional<std::int64_t> after_number;  // the same in a list that is ordered by numbers
  bool include_total = false;
};
// The list that this thread answers: cursors are marked with it, so that one of another list is none of it.
class AnsweredList {
 public:
  // `path`: of the request, in the spelling that its aliases share.
  explicit AnsweredList(std::string_view path);
  ~AnsweredList();
  AnsweredList(const AnsweredList&) = delete;
};

// Throws ApiError(validation_failed) for a cursor that is none of the list that is answered.
Page page_of(const JsonValue& query);
// The cursor that goes on after the row with this place in its list's order.
std::string make_cursor(const store::Keyset& last);
std::string make_cursor(std::int64_t number);

// A total that may have stopped: a list that grows without end is not counted to its end.
struct Total {
  std::int64_t rows = 0;
  bool exact = true;  // else there are more
};
// Of a list that was counted up to one more than db::kCountedRows (TENANTD_COUNT_SOME).
inline Total total_up_to(std::int64_t counted) {
  return {std::min(counted, db::kCountedRows), counted <= db::kCountedRows};
}
inline void put_total(JsonOut& json, std::int64_t rows) { json.field("total", rows); }
inline void put_total(JsonOut& json, const Total& total) {
  json.field("total", total.rows);
  if (!total.exact) json.field("total_is_exact", false);
}

// The reply to a list. `rows`: up to page.limit + 1 of them; `put(json, row)` writes one; `key(row)` its
// place in the list's order, a Keyset or a number; `count()` the total, a number or a Total, asked for only
// if the caller did.
template <class Row, class Put, class Key, class Count>
Response page_reply(const Page& page, std::vector<Row> rows, Put&& put, Key&& key, Count&& count) {
  const bool more = static_cast<std::int64_t>(rows.size()) > page.limit;
  if (more) rows.pop_back();
  JsonOut json;
  json.begin_object().key("items").begin_array();
  for (const auto& row : rows) put(json, row);
  json.end_array().key("next_cursor");
  json.value(more ? std::optional{make_cursor(key(rows.back()))} : std::nullopt);
  if (page.include_total) {
    // A first page that holds all has counted already.
    const bool all = !more && !page.from && !page.after_number;
    all ? put_total(json, static_cast<std::int64_t>(rows.size())) : put_total(json, count());
  }
  json.end_object();
  return reply(json);
}

// 202 with a sentence that says what happens next.
Response notice(std::string_view detail);

}  // namespace tenantd::api
