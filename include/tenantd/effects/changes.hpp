// What changed, told twice in the change's own transaction: an event for those who build on it (GET /events,
// webhooks) and an audit row for those who must know who did it. Both are written last before the commit, or
// the change is undone. Nothing of a transaction is told before it commits, and its order is that of commits.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tenantd/base/json.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// Old or new values of what changed are a json::Object. A secret is never put in: its value is this one.
inline constexpr std::string_view kMasked = "***";

// Bytes of old and new values that an event carries; longer ones stand in the audit row alone.
inline constexpr std::size_t kMostEventValues = 8192;

// What an audit row tells of a new account.
json::Object user_values(const UserRecord& user);

struct Change {
  std::string_view action;    // "member.role_changed": the event's type, and the audit row's action
  std::string_view resource;  // "member"; with `id`, what changed
  UuidBytes id{};             // nil = nothing that has one
  json::Object before{};      // what was, as far as it matters; empty at a creation
  json::Object after{};       // what is; empty at a deletion
  json::Object data{};        // what the event's readers learn besides
};

// Tells of a change inside `scope`'s organization. Who did it is the context's caller, with the super-admin
// behind an impersonation; without a caller, or if the scope is somebody else's, it is the scope's user.
// `action` stands in domain/event_types. The event carries the audit row's values (old_values, new_values in
// its data), unless they are longer than kMostEventValues. The courier is woken if there are webhooks to hear
// of it. Returns the event's id.
EventId record(const Work& work, const Change& change);

// The same without the event: for what is known here, but is nothing that happened to the organization.
void record_audit(const Work& work, const Change& change);

// Tells of what `user` did to `org` from outside of it, as by a sign-in: audit row and event bear that name.
void record_by(db::Txn& txn, const Context& context, OrgId org, UserId user, const Change& change);

// Tells of a change inside `org` that nobody made but time: audit row and event bear no name. For programs
// that work through all organizations.
void record_by_itself(db::Txn& txn, const Context& context, OrgId org, const Change& change);

// The same without the event.
void record_audit_by_itself(db::Txn& txn, const Context& context, OrgId org, const Change& change);

// Tells of a change of `account` itself by its owner, or by a token that was mailed there: an audit row, no
// event. It stands in the chain of the organization in which the owner is active at this moment, and
// otherwise, as when nobody is signed in, with what belongs to no organization.
void record_for_account(db::Txn& txn, const Context& context, UserId account, const Change& change);

// Tells of a change that belongs to no organization: an audit row, no event.
void record_for_system(db::Txn& txn, const Context& context, const Change& change);

}  // namespace tenantd::service
