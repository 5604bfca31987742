// What is written down about accounts, for their owners to read.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tenantd/db/txn.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// Writes down what happened to an account, with where the request came from, and the API key
// that did it if one did. For what changes nothing: an attempt, a sign-in.
void record_account_event(db::Txn& txn, const Context& context, UserId user, std::string_view type,
                          std::optional<SessionId> session = {}, std::optional<UserId> actor = {});

struct AccountChange {
  std::string_view type;             // "password.changed": the event's type and the audit row's action
  std::optional<SessionId> session;  // from which it was made
  json::Object before = {};          // as in Change
  json::Object after = {};
};
// Writes down a change of an account by its owner: for the owner, and as an audit row (record_for_account).
void record_account_change(db::Txn& txn, const Context& context, UserId user, const AccountChange& change);
// The same of a change by somebody in `scope`: for the owner, and as an audit row of the organization.
void record_account_change(const Work& work, UserId user, const AccountChange& change);

// Ends the sessions of `user` but `keep`, because a credential has changed. Each of the newest kMostEndedTold
// is an audit row session.ended, so that whoever relies on sessions learns of each (Shared Signals).
inline constexpr std::int64_t kMostEndedTold = 100;
void end_sessions_told(db::Txn& txn, const Context& context, UserId user, std::optional<SessionId> keep);

}  // namespace tenantd::service
