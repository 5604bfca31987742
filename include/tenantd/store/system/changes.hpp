// The one way to write events and audit rows. Which organization's they are is the transaction's scope;
// without a scope they belong to none.
#pragma once

#include <optional>
#include <string>

#include "tenantd/base/id.hpp"
#include "tenantd/db/txn.hpp"

namespace tenantd::store {

struct AuditRow {
  std::int64_t seq = 0;  // from 1, without gaps
  EventId id;
  std::optional<UserId> actor_id;  // who did it; nullopt = nobody signed in, or the system
  std::optional<std::string> actor_email;
  std::optional<UserId> effective_id;  // as whom; another than the actor when impersonating
  std::optional<std::string> effective_email;
  std::optional<ApiKeyId> api_key;
  std::string action;
  std::string resource;
  std::optional<EventId> resource_id;
  std::optional<std::string> old_values;  // a JSON object
  std::optional<std::string> new_values;
  std::string address;
  std::string agent;
  std::string request_id;
  TimePoint created_at;
  std::string hash;  // 32 raw bytes; see service/audit_chain.hpp
};

struct ChangeHead {
  std::int64_t seq = 0;              // of the newest audit row; 0 = none
  std::string hash;                  // its hash; zeros if there is none
  std::optional<std::string> email;  // of the account asked for
};

// Locks the end of the chain until the commit.
ChangeHead lock_changes(db::Txn& txn, std::optional<UserId> email_of);

// Writes `row`, whose seq follows the head's, and with `event_data` (a JSON object) the event of the same
// action and id. Returns how many webhooks wait for that event. Throws db::StatementError if the head was not
// locked.
std::int64_t append_change(db::Txn& txn, const AuditRow& row, const std::optional<std::string>& event_data);

}  // namespace tenantd::store
