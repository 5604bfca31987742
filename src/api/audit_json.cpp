#include "tenantd/api/audit_json.hpp"

#include "tenantd/base/text.hpp"

namespace tenantd::api {
namespace {

void put_person(JsonOut& json, std::string_view name, const std::optional<UserId>& id,
                const std::optional<std::string>& email) {
  json.key(name);
  if (!id) {
    json.value(nullptr);
    return;
  }
  json.begin_object().field("id", *id).field("email", email).end_object();
}

// Spelled anew: what was stored may have been laid out in lines, and what somebody wrote into the table may
// be no JSON at all.
void put_values(JsonOut& json, std::string_view name, const std::optional<std::string>& text) {
  const auto values = json::read_object(text.value_or(""));
  json.key(name).raw(values ? json::compact(*values) : "null");
}

}  // namespace

void put_audit_row(JsonOut& json, const store::AuditRow& row) {
  json.field("id", row.id).field("seq", row.seq);
  put_person(json, "actor", row.actor_id, row.actor_email);
  put_person(json, "effective_user", row.effective_id, row.effective_email);
  json.field("api_key_id", row.api_key)
      .field("action", row.action)
      .field("resource", row.resource)
      .field("resource_id", row.resource_id);
  put_values(json, "old_values", row.old_values);
  put_values(json, "new_values", row.new_values);
  json.field("address", row.address)
      .field("agent", row.agent)
      .field("request_id", row.request_id)
      .field("created_at", row.created_at);
}

void put_audit_organization(JsonOut& json, const store::AuditRow& row) {
  json.field("org_id", row.org.is_nil() ? std::nullopt : std::optional{row.org});
}

std::string audit_line(const store::AuditRow& row, bool whole) {
  JsonOut json;
  json.begin_object();
  if (whole) put_audit_organization(json, row);
  put_audit_row(json, row);
  if (whole) json.field("hash", to_hex(row.hash));
  json.end_object();
  return json::for_terminal(json.text()) + '\n';
}

}  // namespace tenantd::api
