#include "tenantd/api/encode.hpp"

#include <algorithm>

#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::api {

Response notice(std::string_view detail) {
  JsonOut json;
  json.begin_object().field("detail", detail).end_object();
  return reply(json, 202);
}

namespace {

using ListMark = std::uint32_t;

thread_local ListMark answered_list = 0;

// What a cursor says: the order's number, which is seconds where that is a time, an id, and its list.
struct CursorPlace {
  std::int64_t number = 0;
  UuidBytes id{};
};
static_assert(sizeof(CursorPlace) == 24);

std::string spelled(const CursorPlace& place) {
  std::string raw(sizeof place + sizeof answered_list, '\0');
  std::memcpy(raw.data(), &place, sizeof place);
  std::memcpy(raw.data() + sizeof place, &answered_list, sizeof answered_list);
  return base64url_encode(raw);
}

// A cursor without a mark is of the release before, whose clients are in the midst of a list while this one
// is installed: it is taken as it was there.
CursorPlace parse_cursor(const std::string& text) {
  const auto raw = base64url_decode(text);
  CursorPlace place;
  ListMark mark = answered_list;
  const bool is_marked = raw && raw->size() == sizeof place + sizeof mark;
  if (is_marked) std::memcpy(&mark, raw->data() + sizeof place, sizeof mark);
  if (!raw || (!is_marked && raw->size() != sizeof place) || mark != answered_list)
    refuse_field("?cursor", "is no cursor of this list");
  std::memcpy(&place, raw->data(), sizeof place);
  return place;
}

}  // namespace

AnsweredList::AnsweredList(std::string_view path) {
  std::memcpy(&answered_list, crypto::sha256(path).data(), sizeof answered_list);
}

AnsweredList::~AnsweredList() { answered_list = 0; }

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
