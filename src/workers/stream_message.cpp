#include "workers/stream_message.hpp"

#include <array>
#include <ctime>

#include "tenantd/api/audit_json.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/keys.hpp"
#include "tenantd/crypto/random.hpp"
#include "workers/webhook_message.hpp"

namespace tenantd::service {
namespace {

std::optional<OrgId> maybe_org(OrgId org) { return org.is_nil() ? std::nullopt : std::optional{org}; }

std::string utc(TimePoint time, const char* format) {
  const std::time_t seconds = unix_seconds(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), format, &parts);
  return text.data();
}

std::string audit_item(const store::AuditRow& row) {
  json::Writer json;
  json.begin_object().field("kind", kCarriesAudit).field("organization_id", maybe_org(row.org));
  api::put_audit_row(json, row);
  json.end_object();
  return json::for_terminal(json.text());
}

// As a webhook's receiver gets it, and the place of its audit row.
std::string event_item(const store::AuditRow& row, const store::StreamedEvent& event) {
  const auto data = json::read_object(event.data);
  json::Writer json;
  json.begin_object()
      .field("kind", "event")
      .field("organization_id", maybe_org(row.org))
      .field("id", row.id)
      .field("seq", event.seq)
      .field("type", event.type)
      .field("actor_id", event.actor)
      .field("subject_id", event.subject)
      .key("data")
      .raw(data ? json::compact(*data) : "{}")
      .field("created_at", event.created_at)
      .end_object();
  return json::for_terminal(json.text());
}

// What a change does to its entity, by its name: "role.created".
struct OcsfActivity {
  int id;
  std::string_view name;
};
OcsfActivity activity_of(std::string_view action) {
  const auto verb = action.substr(action.rfind('.') + 1);
  if (verb == "created" || verb == "imported" || verb == "provisioned" || verb == "uploaded")
    return {1, "Create"};
  if (verb == "read" || verb == "exported" || verb == "downloaded") return {2, "Read"};
  if (verb == "updated" || verb.ends_with("changed") || verb.ends_with("rotated")) return {3, "Update"};
  if (verb == "deleted" || verb == "removed" || verb == "revoked") return {4, "Delete"};
  if (verb == "activated" || verb == "enabled") return {8, "Activate"};
  if (verb == "deactivated" || verb == "disabled" || verb == "suspended") return {9, "Deactivate"};
  return {99, "Other"};
}

constexpr int kOcsfEntityManagement = 3004;

std::vector<Secret> secrets_of(const Secret& seal_key, const store::StreamClaim& claim) {
  const auto context = store::stream_secret_context(claim.stream.id);
  std::vector<Secret> secrets;
  for (const auto& sealed : {claim.secret_sealed, claim.previous_secret_sealed})
    if (sealed) secrets.emplace_back(crypto::unseal(seal_key, *sealed, context));
  if (secrets.empty()) throw std::runtime_error("the stream's secret is gone");
  return secrets;
}

// "2026/11/28/20/ORGANIZATION-17-94.jsonl"
std::string object_key(const store::StreamClaim& claim, const StreamBatch& batch) {
  const auto hour = utc(batch.times.front(), "%Y/%m/%d/%H/");
  if (claim.stream.org == kWholeSystem) return hour + "system-" + batch_id(claim.stream, batch) + ".jsonl";
  const auto& rows = batch.advances.front();
  return hour + rows.org.str() + '-' + std::to_string(rows.from + 1) + '-' + std::to_string(rows.to) +
         ".jsonl";
}

// PRINTUSASCII of at most 32 characters.
std::string message_id(std::string_view action) {
  std::string id;
  for (const char c : action.substr(0, 32)) id += c > ' ' && c < '\x7f' ? c : '_';
  return id.empty() ? "-" : id;
}

}  // namespace

std::string ocsf_record(const store::StreamedRow& each) {
  const auto& row = each.row;
  const auto activity = activity_of(row.action);
  json::Writer json;
  json.begin_object()
      .field("class_uid", kOcsfEntityManagement)
      .field("class_name", "Entity Management")
      .field("category_uid", 3)
      .field("category_name", "Identity & Access Management")
      .field("activity_id", activity.id)
      .field("activity_name", activity.name)
      .field("type_uid", kOcsfEntityManagement * 100 + activity.id)
      .field("severity_id", 1)
      .field("severity", "Informational")
      .field("status_id", 1)
      .field("status", "Success")
      .field("time", unix_seconds(row.created_at) * 1000)
      .field("message", row.action);
  json.key("metadata")
      .begin_object()
      .field("version", "1.3.0")
      .field("uid", row.id)
      .field("sequence", row.seq)
      .field("event_code", row.action)
      .field("correlation_uid", row.request_id)
      .field("tenant_uid", maybe_org(row.org));
  json.key("product").begin_object().field("name", "tenantd").field("vendor_name", "tenantd").end_object();
  json.end_object();
  json.key("actor").begin_object();
  if (row.actor_id) {
    json.key("user").begin_object().field("uid", *row.actor_id).field("type_id", 1);
    if (row.actor_email) json.field("email_addr", *row.actor_email);
    json.end_object();
  } else {
    json.field("app_name", "tenantd");
  }
  json.end_object();
  json.key("entity")
      .begin_object()
      .field("type", row.resource)
      .field("uid", row.resource_id      ? row.resource_id->str()
                    : maybe_org(row.org) ? row.org.str()
                                         : "system")
      .end_object();
  if (!row.address.empty()) json.key("src_endpoint").begin_object().field("ip", row.address).end_object();
  if (!row.agent.empty()) json.key("http_request").begin_object().field("user_agent", row.agent).end_object();
  json.key("unmapped").begin_object();
  json.field("api_key_id", row.api_key).field("effective_user_id", row.effective_id);
  for (const auto& [name, values] :
       {std::pair{"old_values", &row.old_values}, {"new_values", &row.new_values}}) {
    const auto read = json::read_object(values->value_or(""));
    json.key(name).raw(read ? json::compact(*read) : "null");
  }
  json.end_object().end_object();
  return json::for_terminal(json.text());
}

std::vector<std::string> stream_items(const store::StreamClaim& claim, const store::StreamedRow& row) {
  const bool has_event = claim.events && row.event;
  if (claim.format == StreamFormat::ocsf)
    return claim.audit || has_event ? std::vector{ocsf_record(row)} : std::vector<std::string>{};
  std::vector<std::string> items;
  if (claim.audit) items.push_back(audit_item(row.row));
  if (has_event) items.push_back(event_item(row.row, *row.event));
  return items;
}

std::string batch_id(const store::StreamKey& stream, const StreamBatch& batch) {
  std::string text{stream.id.raw()};
  for (const auto& each : batch.advances)
    text.append(each.org.raw()).append(std::to_string(each.from) + '-' + std::to_string(each.to) + '.');
  return to_hex(crypto::sha256(text)).substr(0, 32);
}

std::string signal_id(const store::StreamKey& stream, const store::AuditRow& row) {
  return to_hex(crypto::sha256(std::string{stream.id.raw()}.append(row.id.raw()))).substr(0, 32);
}

net::OutboundRequest https_batch(const Secret& seal_key, const store::StreamClaim& claim,
                                 const StreamBatch& batch, TimePoint at) {
  const auto id = batch_id(claim.stream, batch);
  json::Writer json;
  json.begin_object().field("stream_id", claim.stream.id).field("batch_id", id).key("items").begin_array();
  for (const auto& item : batch.items) json.raw(item);
  json.end_array().end_object();
  net::OutboundRequest request;
  request.method = "POST";
  request.url = claim.url;
  request.body = json.text();
  request.headers = {
      {"Content-Type", "application/json"},
      {"webhook-id", id},
      {"webhook-timestamp", std::to_string(unix_seconds(at))},
      {"webhook-signature", standard_signature(secrets_of(seal_key, claim), id, at, request.body)}};
  return request;
}

net::OutboundRequest s3_batch(const Secret& seal_key, const store::StreamClaim& claim,
                              const StreamBatch& batch, TimePoint at) {
  S3Options store;
  const auto scheme = claim.url.find("://");
  const auto path = claim.url.find('/', scheme + 3);
  store.scheme = claim.url.substr(0, scheme);
  store.host = claim.url.substr(scheme + 3, path == std::string::npos ? path : path - scheme - 3);
  if (path != std::string::npos) store.prefix = claim.url.substr(path);
  while (store.prefix.ends_with('/')) store.prefix.pop_back();
  store.region = claim.region;
  store.access_key_id = claim.access_key_id;
  store.secret_access_key = Secret{secrets_of(seal_key, claim).front()};
  net::OutboundRequest request;
  request.method = "PUT";
  for (const auto& item : batch.items) request.body.append(item).append("\n");
  request.url = presign(store, {.method = "PUT", .key = object_key(claim, batch)}, at);
  request.headers = {{"Content-Type", "application/x-ndjson"}};
  return request;
}

std::string syslog_batch(const StreamBatch& batch, const std::string& host) {
  // Facility 13 (log audit), severity 6 (informational).
  std::string text;
  for (std::size_t i = 0; i < batch.items.size(); ++i) {
    const auto message = "<110>1 " + utc(batch.times[i], "%Y-%m-%dT%H:%M:%SZ") + ' ' + host + " tenantd - " +
                         message_id(batch.syslog_ids[i]) + " - " + batch.items[i];
    text.append(std::to_string(message.size())).append(" ").append(message);
  }
  return text;
}

}  // namespace tenantd::service
