#include "tenantd/effects/changes.hpp"

#include <stdexcept>

#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/event_types.hpp"
#include "tenantd/effects/change_log.hpp"

namespace tenantd::service {
namespace {

std::optional<std::string> text_of(const json::Object& values) {
  return values.empty() ? std::nullopt : std::optional{values.text()};
}

// Whoever calls, if it is the one who acts: with a live token of another account somebody may still use a
// token that was mailed. Super-admins act for others: they make a tenant in its first owner's scope.
const Principal* acting(const Context& context, const std::optional<UserId>& who) {
  const auto* caller = context.caller;
  if (caller == nullptr) return nullptr;
  const bool is_actor = who && caller->actor && *who == caller->actor->id;
  const bool is_caller =
      !who || who->is_nil() || *who == caller->user.id || is_actor || caller->user.is_super;
  return is_caller ? caller : nullptr;
}

// All of the row but its place in the chain.
store::AuditRow row_of(const Context& context, const Change& change, const std::optional<UserId>& who) {
  store::AuditRow row;
  row.id = crypto::new_id<EventId>();
  if (const auto* caller = acting(context, who)) {
    row.effective_id = caller->user.id;
    row.effective_email = caller->user.email;
    row.actor_id = caller->actor ? caller->actor->id : caller->user.id;
    row.actor_email = caller->actor ? caller->actor->email : caller->user.email;
    row.api_key = caller->api_key;
    if (caller->account) {
      // Who made the key answers for it, and what it does is done as the account.
      row.effective_id = UserId{caller->account->id.bytes()};
      row.effective_email = account_label(caller->account->name);
    }
  } else if (who && !who->is_nil()) {
    row.effective_id = row.actor_id = who;
  }
  row.action = change.action;
  row.resource = change.resource;
  if (const EventId id{change.id}; !id.is_nil()) row.resource_id = id;
  row.old_values = text_of(change.before);
  row.new_values = text_of(change.after);
  row.address = context.address;
  row.agent = context.agent;
  row.request_id = context.request_id;
  row.created_at = context.now;
  return row;
}

// What the event of `row` tells.
std::string event_data(const Change& change, const store::AuditRow& row) {
  auto data = change.data;
  const auto size = [](const std::optional<std::string>& values) { return values ? values->size() : 0; };
  if (size(row.old_values) + size(row.new_values) > kMostEventValues)
    return data.set("values_omitted", true).text();
  if (row.old_values) data.raw("old_values", *row.old_values);
  if (row.new_values) data.raw("new_values", *row.new_values);
  return data.text();
}

// The event's readers are told of `data`; nullopt: no event.
void log_change(db::Txn& txn, const Context& context, const db::ScopeKey& scope, store::AuditRow row,
                std::optional<std::string> data) {
  row.org = scope.org.value_or(OrgId{});
  txn.log<ChangeLog>().add(
      {scope, std::move(row), std::move(data), &context.keys.audit_key(), context.wake_courier});
}

}  // namespace

json::Object user_values(const UserRecord& user) {
  json::Object values;
  values.set("email", user.email).raw("profile", user.profile);
  return values.set("email_verified", user.email_verified_at.has_value());
}

EventId record(const Work& work, const Change& change) {
  if (!is_event_type(change.action))
    throw std::logic_error("event_types.cpp does not know " + std::string{change.action});
  auto row = row_of(work.context, change, work.scope.user());
  const auto id = row.id;
  auto data = event_data(change, row);
  log_change(work.txn, work.context, {work.scope.org(), work.scope.user(), false}, std::move(row),
             std::move(data));
  return id;
}

void record_audit(const Work& work, const Change& change) {
  log_change(work.txn, work.context, {work.scope.org(), work.scope.user(), false},
             row_of(work.context, change, work.scope.user()), std::nullopt);
}

void record_by(db::Txn& txn, const Context& context, OrgId org, UserId user, const Change& change) {
  auto row = row_of(context, change, user);
  auto data = event_data(change, row);
  log_change(txn, context, {org, user, false}, std::move(row), std::move(data));
}

void record_by_itself(db::Txn& txn, const Context& context, OrgId org, const Change& change) {
  auto row = row_of(context, change, std::nullopt);
  auto data = event_data(change, row);
  log_change(txn, context, {org, std::nullopt, false}, std::move(row), std::move(data));
}

void record_audit_by_itself(db::Txn& txn, const Context& context, OrgId org, const Change& change) {
  log_change(txn, context, {org, std::nullopt, false}, row_of(context, change, std::nullopt), std::nullopt);
}

void record_for_account(db::Txn& txn, const Context& context, UserId account, const Change& change) {
  const auto* caller = acting(context, account);
  db::ScopeKey scope;
  if (caller != nullptr && caller->organization) scope = {caller->organization->id, account, false};
  log_change(txn, context, scope, row_of(context, change, account), std::nullopt);
}

void record_for_system(db::Txn& txn, const Context& context, const Change& change) {
  log_change(txn, context, {}, row_of(context, change, std::nullopt), std::nullopt);
}

}  // namespace tenantd::service
