// The one way to write events and audit rows. Which organization's they are is the transaction's scope;
// without a scope they belong to none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/base/id.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/effects/audit_rows.hpp"

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

// What is told of one change: its audit row, and with `event_seq` the event of the same action and id.
struct ToldChange {
  AuditRow row;
  std::optional<std::int64_t> event_seq;
  std::string event_data;  // a JSON object
};

// Writes changes that follow one another, and the newest ones there are, in one round trip; `head` is where
// they end. Throws db::StatementError if they do not follow what is there, or that was not locked.
void append_changes(db::Txn& txn, const ChangeHead& head, const std::vector<ToldChange>& changes);

}  // namespace tenantd::store
