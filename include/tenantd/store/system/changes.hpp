// The one way to write events and audit rows. Which organization's they are is the transaction's scope;
// without a scope they belong to none.
#pragma once

#include <optional>
#include <string>

#include "tenantd/base/id.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/store/audit_rows.hpp"

namespace tenantd::store {

struct ChangeHead {
  std::int64_t seq = 0;              // of the newest audit row; 0 = none
  std::string hash;                  // its hash; zeros if there is none
  std::int64_t event_seq = 0;        // of the newest event; 0 = none
  std::optional<std::string> email;  // of the account asked for
  bool webhooks = false;             // somebody listens
};

// Locks the end of the chain until the commit.
ChangeHead lock_changes(db::Txn& txn, std::optional<UserId> email_of);

// Writes `row` behind `head`, which it moves on, and with `event_data` (a JSON object) the event of the same
// action and id. Throws db::StatementError if `head` is not the end any more, or was not locked.
void append_change(db::Txn& txn, ChangeHead& head, const AuditRow& row,
                   const std::optional<std::string>& event_data);

}  // namespace tenantd::store
