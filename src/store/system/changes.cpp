#include "tenantd/store/system/changes.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kLock{"change.lock", "CALL lock_changes(?)"};
constexpr Sql kAppend{"change.append",
                      "CALL append_change(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};

}  // namespace

ChangeHead lock_changes(db::Txn& txn, std::optional<UserId> email_of) {
  const auto read = [](db::Rows& rows) {
    rows.next();
    return ChangeHead{rows.integer(0), rows.text(1), rows.maybe_text(2)};
  };
  return txn.call_locked(kLock, read, email_of);
}

std::int64_t append_change(db::Txn& txn, const AuditRow& row, const std::optional<std::string>& event_data) {
  const auto read = [](db::Rows& rows) {
    rows.next();
    return rows.integer(0);
  };
  return txn.call_locked(kAppend, read, row.seq, row.id, row.actor_id, row.actor_email, row.effective_id,
                         row.effective_email, row.api_key, row.action, row.resource, row.resource_id,
                         row.old_values, row.new_values, row.address, row.agent, row.request_id,
                         row.created_at, row.hash, event_data ? std::optional{row.id} : std::nullopt,
                         event_data);
}

}  // namespace tenantd::store
