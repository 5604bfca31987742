#include "tenantd/effects/changes_store.hpp"

#include <algorithm>
#include <stdexcept>

#include "tenantd/base/text.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kLock{"change.lock", "SELECT lock_changes(?)"};
constexpr Sql kBegin{"change.begin", "CALL begin_changes()"};
constexpr Sql kAppendAll{"change.append_all", "CALL append_changes(?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kAppend{"change.append",
                      "CALL append_change(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};

// "7 5 0 <hash> ann@example.com", or without the address.
ChangeHead parse_head(const std::string& text) {
  const auto words = split(text, ' ');
  if (words.size() < 4) throw std::logic_error("the end of a chain is no such thing: " + text);
  ChangeHead head{parse_int(words[0]).value(), from_hex(words[3]).value(), parse_int(words[1]).value(),
                  std::nullopt, words[2] == "1"};
  if (words.size() > 4) head.email = words[4];
  return head;
}

// Byte for byte, whatever it holds; nothing of it needs escaping.
class HexObject {
 public:
  void add(const char* name, std::string_view bytes) { put(name, '"' + to_hex(bytes) + '"'); }
  void add(const char* name, std::int64_t number) { put(name, std::to_string(number)); }
  template <class Tag>
  void add(const char* name, const Id<Tag>& id) {
    add(name, id.raw());
  }
  template <class T>
  void add(const char* name, const std::optional<T>& value) {
    if (value) add(name, *value);
  }
  std::string text() const { return '{' + members_ + '}'; }

 private:
  void put(const char* name, const std::string& value) {
    members_ += (members_.empty() ? "\"" : ",\"") + std::string{name} + "\":" + value;
  }
  std::string members_;
};

std::string json_of(const std::vector<ToldChange>& changes) {
  std::string json = "[";
  for (const auto& [row, event_seq, data] : changes) {
    HexObject object;
    object.add("seq", row.seq);
    object.add("id", row.id);
    object.add("actor", row.actor_id);
    object.add("actor_email", row.actor_email);
    object.add("effective", row.effective_id);
    object.add("effective_email", row.effective_email);
    object.add("api_key", row.api_key);
    object.add("action", std::string_view{row.action});
    object.add("resource", std::string_view{row.resource});
    object.add("resource_id", row.resource_id);
    object.add("old_values", row.old_values);
    object.add("new_values", row.new_values);
    object.add("address", std::string_view{row.address});
    object.add("agent", std::string_view{row.agent});
    object.add("request_id", std::string_view{row.request_id});
    object.add("created_at", unix_seconds(row.created_at));
    object.add("hash", std::string_view{row.hash});
    object.add("event_seq", event_seq);
    if (event_seq) object.add("data", std::string_view{data});
    json += (json.size() > 1 ? "," : "") + object.text();
  }
  return json + ']';
}

void append_one(db::Txn& txn, const ToldChange& change, bool webhooks) {
  const auto& [row, event_seq, data] = change;
  txn.execute(kAppend, row.seq, row.id, row.actor_id, row.actor_email, row.effective_id, row.effective_email,
              row.api_key, row.action, row.resource, row.resource_id, row.old_values, row.new_values,
              row.address, row.agent, row.request_id, row.created_at, row.hash, event_seq, data, webhooks);
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
              head.event_seq, json_of(changes), head.webhooks);
}

}  // namespace tenantd::store
