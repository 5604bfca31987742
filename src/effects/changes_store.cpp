#include "tenantd/effects/changes_store.hpp"

#include <algorithm>

#include "tenantd/base/json.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/base/trace.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kLock{"change.lock", "SELECT lock_changes(?)"};
constexpr Sql kBegin{"change.begin", "CALL begin_changes()"};
constexpr Sql kAppendAll{"change.append_all", "CALL append_changes(?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kAppend{"change.append",
                      "CALL append_change(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};

ChangeHead parse_head(const std::string& text) {
  const auto object = json::read_object(text).value();
  const auto number = [&](const char* name) { return json::member(object, name)->GetInt64(); };
  return {number("seq"), from_hex(json::text_of(object, "hash")).value(), number("event_seq"),
          json::maybe_text(object, "email"), number("webhooks") != 0};
}

// What an event's readers are told of goes with its place in a trace before it, where somebody listens: the
// routines take it off again. A JSON object begins otherwise.
std::string with_place(const std::string& data, bool webhooks) {
  const auto* work = trace::current();
  if (!webhooks || work == nullptr || work->place().is_none()) return data;
  return trace::traceparent(work->place()) + data;
}

// Texts go byte for byte, whatever they hold, as hexadecimal digits; what is absent is left out.
json::Object object_of(const ToldChange& change, bool webhooks) {
  const auto& [row, event_seq, data] = change;
  json::Object object;
  const auto add = [&](const char* name, std::string_view bytes) { object.set(name, to_hex(bytes)); };
  const auto add_text = [&](const char* name, const std::optional<std::string>& text) {
    if (text) add(name, *text);
  };
  const auto add_id = [&](const char* name, const auto& id) {
    if (id) add(name, id->raw());
  };
  object.set("seq", row.seq);
  add("id", row.id.raw());
  add_id("actor", row.actor_id);
  add_text("actor_email", row.actor_email);
  add_id("effective", row.effective_id);
  add_text("effective_email", row.effective_email);
  add_id("api_key", row.api_key);
  add("action", row.action);
  add("resource", row.resource);
  add_id("resource_id", row.resource_id);
  add_text("old_values", row.old_values);
  add_text("new_values", row.new_values);
  add("address", row.address);
  add("agent", row.agent);
  add("request_id", row.request_id);
  object.set("created_at", row.created_at);
  add("hash", row.hash);
  if (event_seq) object.set("event_seq", *event_seq);
  if (event_seq) add("data", with_place(data, webhooks));
  return object;
}

std::string json_of(const std::vector<ToldChange>& changes, bool webhooks) {
  json::Writer list;
  list.begin_array();
  for (const auto& change : changes) list.value(object_of(change, webhooks));
  return list.end_array().text();
}

void append_one(db::Txn& txn, const ToldChange& change, bool webhooks) {
  const auto& [row, event_seq, data] = change;
  txn.execute(kAppend, row.seq, row.id, row.actor_id, row.actor_email, row.effective_id, row.effective_email,
              row.api_key, row.action, row.resource, row.resource_id, row.old_values, row.new_values,
              row.address, row.agent, row.request_id, row.created_at, row.hash, event_seq,
              with_place(data, webhooks), webhooks);
}

std::optional<ChangeHead> find_head(db::Txn& txn, std::optional<UserId> email_of) {
  auto rows = txn.lock(kLock, email_of);
  if (!rows.next() || rows.is_null(0)) return std::nullopt;
  return parse_head(rows.text(0));
}

}  // namespace

ChangeHead lock_changes(db::Txn& txn, std::optional<UserId> email_of) {
  if (const auto head = find_head(txn, email_of)) return *head;
  txn.execute(kBegin);
  return find_head(txn, email_of).value();
}

void append_changes(db::Txn& txn, const ChangeHead& head, const std::vector<ToldChange>& changes) {
  if (changes.size() == 1) return append_one(txn, changes.front(), head.webhooks);
  const auto events =
      std::count_if(changes.begin(), changes.end(), [](const auto& c) { return c.event_seq; });
  txn.execute(kAppendAll, changes.front().row.seq, head.seq, head.hash, head.event_seq - events,
              head.event_seq, json_of(changes, head.webhooks), head.webhooks);
}

}  // namespace tenantd::store
