// What happened to accounts: sign-ins, passwords, factors, addresses, in the order of the ids. Whoever owns
// the account may read it; nothing is changed afterwards but the outcome of an attempt.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/base/id.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/db/txn.hpp"

namespace tenantd::store {

struct NewAccountEvent {
  EventId id;
  std::optional<UserId> user;  // nullopt: an attempt on an address that has no account
  std::string_view type;       // "signin.failed": what, then how it went
  std::optional<SessionId> session = {};
  std::optional<UserId> actor = {};  // who did it, if not the account itself
  std::string address = {};          // the client's
  std::string agent = {};
  std::optional<std::string> identity =
      {};  // 32 bytes that stand for the address typed, when there is no account
  std::optional<ApiKeyId> api_key = {};    // with which `actor` did it
  std::optional<std::string> method = {};  // "sso", "passkey": of a sign-in, unless by a password
};
void insert_account_event(db::Txn& txn, const NewAccountEvent& event, TimePoint now);

// An attempt that was written down as failed turned out otherwise.
void settle_account_event(db::Txn& txn, EventId id, std::string_view type, std::optional<SessionId> session);

struct AccountEvent {
  EventId id;
  std::string type;
  std::optional<SessionId> session;
  std::optional<UserId> actor;
  std::optional<ApiKeyId> api_key;
  std::string address;
  std::string agent;
  TimePoint created_at;
  std::optional<std::string> method = {};
};
enum class AccountEvents { sign_ins, others };
// Returns at most `limit` events of `user`, newest first, before `before` if given.
std::vector<AccountEvent> list_account_events(db::Txn& txn, UserId user, AccountEvents which,
                                              const std::optional<EventId>& before, std::int64_t limit);
// True if there is one of this type since then.
bool has_account_event(db::Txn& txn, UserId user, std::string_view type, TimePoint since);
std::int64_t count_account_events(db::Txn& txn, UserId user, AccountEvents which);

}  // namespace tenantd::store
