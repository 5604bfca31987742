#include "tenantd/service/changes.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "tenantd/crypto/random.hpp"
#include "tenantd/service/audit_chain.hpp"
#include "tenantd/store/system/changes.hpp"

namespace tenantd::service {
namespace {

std::string quoted(std::string_view text) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  return {buffer.GetString(), buffer.GetSize()};
}

std::optional<std::string> text_of(const Values& values) {
  return values.empty() ? std::nullopt : std::optional{values.json()};
}

// All of the row but its place in the chain.
store::AuditRow row_of(const Context& context, const Change& change, std::optional<UserId> who) {
  store::AuditRow row;
  row.id = crypto::new_id<EventId>();
  if (const auto* caller = context.caller) {
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

// Writes the row behind the newest one of its chain, as seen in `scope`.
void append_last(db::Txn& txn, const Context& context, const db::ScopeKey& scope, store::AuditRow row,
                 std::optional<std::string> event_data) {
  txn.at_commit([row = std::move(row), scope, data = std::move(event_data), key = &context.keys.audit_key(),
                 wake = context.wake_courier](db::Txn& last) mutable {
    const auto before = last.scope();
    last.enter(scope);
    const auto head = store::lock_changes(last, row.effective_id);
    if (row.effective_id && !row.effective_email) {
      row.effective_email = head.email;
      row.actor_email = head.email;
    }
    row.seq = head.seq + 1;
    row.hash = chain_hash(*key, head.hash, scope.org ? *scope.org : OrgId{}, row);
    if (store::append_change(last, row, data) > 0 && wake) last.after_commit(wake);
    last.enter(before);
  });
}

}  // namespace

Values& Values::set(std::string_view name, std::string_view value) { return raw(name, quoted(value)); }

Values& Values::raw(std::string_view name, std::string_view json) {
  if (!members_.empty()) members_ += ',';
  members_ += quoted(name);
  members_ += ':';
  members_ += json;
  return *this;
}

void record(db::Txn& txn, const Context& context, const TenantScope& scope, const Change& change) {
  append_last(txn, context, {scope.org(), scope.user(), false}, row_of(context, change, scope.user()),
              change.data.json());
}

void record_for_system(db::Txn& txn, const Context& context, const Change& change,
                       std::optional<UserId> who) {
  append_last(txn, context, {}, row_of(context, change, who), std::nullopt);
}

}  // namespace tenantd::service
