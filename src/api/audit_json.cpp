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
  json.key(name);
  Json values;
  if (text) values.Parse<rapidjson::kParseIterativeFlag>(text->data(), text->size());
  if (!text || values.HasParseError() || !values.IsObject()) {
    json.value(nullptr);
    return;
  }
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  values.Accept(writer);
  json.raw({buffer.GetString(), buffer.GetSize()});
}

// JSON text with DEL, the C1 controls (U+0080 to U+009F) and the line separators U+2028 and U+2029 escaped,
// which JSON itself lets pass. Outside of strings there are none.
std::string without_controls(const std::string& json) {
  std::string out;
  out.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    const auto byte = [&](std::size_t at) {
      return at < json.size() ? static_cast<unsigned char>(json[at]) : 0U;
    };
    if (byte(i) == 0x7F) {
      out += "\\u007f";
    } else if (byte(i) == 0xC2 && byte(i + 1) < 0xA0) {
      out += "\\u00" + to_hex(json.substr(++i, 1));
    } else if (byte(i) == 0xE2 && byte(i + 1) == 0x80 && (byte(i + 2) | 1U) == 0xA9) {
      out += byte(i + 2) == 0xA8 ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      out += json[i];
    }
  }
  return out;
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
  return without_controls(json.text()) + '\n';
}

}  // namespace tenantd::api
