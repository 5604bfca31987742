#include "tenantd/store/system/changes.hpp"

#include <stdexcept>

#include "tenantd/base/text.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kLock{"change.lock", "SELECT lock_changes(?)"};
constexpr Sql kBegin{"change.begin", "CALL begin_changes()"};
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

void append_change(db::Txn& txn, ChangeHead& head, const AuditRow& row,
                   const std::optional<std::string>& event_data) {
  const auto event_seq = event_data ? std::optional{head.event_seq + 1} : std::nullopt;
  txn.execute(kAppend, row.seq, row.id, row.actor_id, row.actor_email, row.effective_id, row.effective_email,
              row.api_key, row.action, row.resource, row.resource_id, row.old_values, row.new_values,
              row.address, row.agent, row.request_id, row.created_at, row.hash, event_seq, event_data,
              head.webhooks);
  head.seq = row.seq;
  head.hash = row.hash;
  if (event_seq) head.event_seq = *event_seq;
}

}  // namespace tenantd::store
