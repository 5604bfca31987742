// What changed, told twice in the change's own transaction: an event for those who build on it (GET /events,
// webhooks) and an audit row for those who must know who did it. Both are written last before the commit, or
// the change is undone. Nothing of a transaction is told before it commits, and its order is that of commits.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tenantd/db/txn.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// A JSON object, built member by member: old or new values of what changed. A secret is never put in:
// masked() says that there is one.
class Values {
 public:
  Values& set(std::string_view name, std::string_view value);
  Values& set(std::string_view name, const char* value) { return set(name, std::string_view{value}); }
  Values& set(std::string_view name, const std::string& value) { return set(name, std::string_view{value}); }
  Values& set(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  Values& set(std::string_view name, int value) { return raw(name, std::to_string(value)); }
  Values& set(std::string_view name, std::int64_t value) { return raw(name, std::to_string(value)); }
  Values& set(std::string_view name, std::nullptr_t) { return raw(name, "null"); }
  Values& set(std::string_view name, TimePoint value) { return set(name, unix_seconds(value)); }
  template <class Tag>
  Values& set(std::string_view name, const Id<Tag>& value) {
    return set(name, value.str());
  }
  template <class T>
  Values& set(std::string_view name, const std::optional<T>& value) {
    return value ? set(name, *value) : set(name, nullptr);
  }
  Values& set(std::string_view name, PermissionSet permissions);  // an array of names
  // JSON text that is known to be well-formed, such as a profile.
  Values& raw(std::string_view name, std::string_view json);
  // A secret that was set: that it was, not what it is.
  Values& masked(std::string_view name) { return set(name, "***"); }

  bool empty() const { return members_.empty(); }
  std::string json() const { return '{' + members_ + '}'; }

 private:
  std::string members_;
};

// What an audit row tells of a new account.
Values user_values(const UserRecord& user);

struct Change {
  std::string_view action;    // "member.role_changed": the event's type, and the audit row's action
  std::string_view resource;  // "member"; with `id`, what changed
  UuidBytes id{};             // nil = nothing that has one
  Values before{};            // what was, as far as it matters; empty at a creation
  Values after{};             // what is; empty at a deletion
  Values data{};              // what the event's readers learn besides; the audit row has before and after
};

// Tells of a change inside `scope`'s organization. Who did it is the context's caller, with the super-admin
// behind an impersonation; without a caller, or if the scope is somebody else's, it is the scope's user.
// `action` stands in domain/event_types. The courier is woken if there are webhooks to hear of it.
void record(db::Txn& txn, const Context& context, const TenantScope& scope, const Change& change);

// The same without the event: for what is known here, but is nothing that happened to the organization.
void record_audit(db::Txn& txn, const Context& context, const TenantScope& scope, const Change& change);

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
