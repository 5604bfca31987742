#include "tenantd/effects/changes.hpp"

#include <any>
#include <stdexcept>

#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/event_types.hpp"
#include "tenantd/effects/audit_chain.hpp"
#include "tenantd/effects/changes_store.hpp"
#include "tenantd/identity/accounts_store.hpp"

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

// What waits for its place in one chain, whose end is held.
struct Waiting {
  store::ChangeHead head;  // moved on by each change
  std::optional<UserId> named;
  std::vector<store::ToldChange> changes;
};
constexpr std::size_t kMostAtOnce = 100;  // told by one statement

Waiting& waiting_of(db::Txn& txn, std::any& state, const store::AuditRow& row) {
  if (!state.has_value()) {
    const auto unnamed = row.effective_email ? std::nullopt : row.effective_id;
    state = Waiting{store::lock_changes(txn, unnamed), unnamed, {}};
  }
  return *std::any_cast<Waiting>(&state);
}

// Of an account that no caller stands for, as it is at this moment.
std::optional<std::string> address_of(db::Txn& txn, const Waiting& waiting, UserId id) {
  if (waiting.named == id) return waiting.head.email;
  const auto account = store::find_account(txn, id);
  return account ? std::optional{account->user.email} : std::nullopt;
}

// Puts the row behind the newest one of its chain, as seen in `scope`.
void append_last(db::Txn& txn, const Context& context, const db::ScopeKey& scope, store::AuditRow row,
                 std::optional<std::string> event_data) {
  row.org = scope.org.value_or(OrgId{});
  const auto place = row.org.bytes();
  txn.at_commit(place,
                [row = std::move(row), scope, data = std::move(event_data), key = &context.keys.audit_key(),
                 wake = context.wake_courier](db::Txn& last, std::any& state, bool is_last) mutable {
                  const auto before = last.scope();
                  last.enter(scope);
                  auto& waiting = waiting_of(last, state, row);
                  auto& head = waiting.head;
                  if (row.effective_id && !row.effective_email)
                    row.effective_email = row.actor_email = address_of(last, waiting, *row.effective_id);
                  row.seq = ++head.seq;
                  row.hash = head.hash = chain_hash(*key, head.hash, row);
                  const auto event = data ? std::optional{++head.event_seq} : std::nullopt;
                  waiting.changes.push_back({std::move(row), event, std::move(data).value_or("")});
                  if (event && head.webhooks && wake) last.after_commit(wake);
                  if (is_last || waiting.changes.size() == kMostAtOnce) {
                    store::append_changes(last, head, waiting.changes);
                    waiting.changes.clear();
                  }
                  last.enter(before);
                });
}

}  // namespace

json::Object user_values(const UserRecord& user) {
  json::Object values;
  values.set("email", user.email).raw("profile", user.profile);
  return values.set("email_verified", user.email_verified_at.has_value());
}

void record(db::Txn& txn, const Context& context, const TenantScope& scope, const Change& change) {
  if (!is_event_type(change.action))
    throw std::logic_error("event_types.cpp does not know " + std::string{change.action});
  append_last(txn, context, {scope.org(), scope.user(), false}, row_of(context, change, scope.user()),
              change.data.text());
}

void record_audit(db::Txn& txn, const Context& context, const TenantScope& scope, const Change& change) {
  append_last(txn, context, {scope.org(), scope.user(), false}, row_of(context, change, scope.user()),
              std::nullopt);
}

void record_by_itself(db::Txn& txn, const Context& context, OrgId org, const Change& change) {
  append_last(txn, context, {org, std::nullopt, false}, row_of(context, change, std::nullopt),
              change.data.text());
}

void record_audit_by_itself(db::Txn& txn, const Context& context, OrgId org, const Change& change) {
  append_last(txn, context, {org, std::nullopt, false}, row_of(context, change, std::nullopt), std::nullopt);
}

void record_for_account(db::Txn& txn, const Context& context, UserId account, const Change& change) {
  const auto* caller = acting(context, account);
  db::ScopeKey scope;
  if (caller != nullptr && caller->organization) scope = {caller->organization->id, account, false};
  append_last(txn, context, scope, row_of(context, change, account), std::nullopt);
}

void record_for_system(db::Txn& txn, const Context& context, const Change& change) {
  append_last(txn, context, {}, row_of(context, change, std::nullopt), std::nullopt);
}

}  // namespace tenantd::service
