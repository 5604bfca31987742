#include "tenantd/api/openapi.hpp"

#include <algorithm>
#include <set>

#include "api/reference/openapi_parts.hpp"
#include "api/schema_files.hpp"
#include "tenantd/api/refusals.hpp"
#include "tenantd/base/version.hpp"

namespace tenantd::api {
namespace {

constexpr const char* kAbout =
    "Accounts, organizations, members, roles and invitations of a multi-tenant service. JSON in, JSON out; a "
    "body may hold the members that its schema names, and no others. Refusals are problem documents (RFC "
    "9457) "
    "whose `code` is stable; any path may also refuse what is no whole request (400, 408, 411, 413, 414, "
    "431). "
    "Ids are UUIDs, times whole seconds since 1970. A request acts in its token's organization, or in "
    "another "
    "of the caller's that it names by `X-Tenant-Id`; an id of somebody else's organization answers as one "
    "that "
    "does not exist.";

void put_info(JsonOut& json) {
  json.key("info")
      .begin_object()
      .field("title", "tenantd")
      .field("version", kVersion)
      .field("description", kAbout)
      .key("license")
      .begin_object()
      .field("name", "Apache-2.0")
      .field("url", "https://www.apache.org/licenses/LICENSE-2.0")
      .end_object()
      .end_object();
}

// What the rows of a section ask for.
std::string description_of_section(std::string_view section) {
  std::string permissions;
  bool for_anyone = false;
  for (const auto& route : routes()) {
    if (route.section != section) continue;
    for_anyone = for_anyone || route.handler.access == Access::anyone;
    if (!route.permission) continue;
    const auto name = '`' + std::string{permission_name(*route.permission)} + '`';
    if (permissions.find(name) == std::string::npos) permissions += (permissions.empty() ? "" : ", ") + name;
  }
  if (!permissions.empty()) return "Permissions: " + permissions + '.';
  return for_anyone ? "Needs no permission." : "For whoever is signed in.";
}

void put_tags(JsonOut& json) {
  std::set<std::string_view> seen;
  json.key("tags").begin_array();
  for (const auto& route : routes())
    if (seen.insert(route.section).second)
      json.begin_object()
          .field("name", route.section)
          .field("description", description_of_section(route.section))
          .end_object();
  json.end_array();
}

void put_paths(JsonOut& json) {
  std::set<std::string_view> seen;
  json.key("paths").begin_object();
  for (const auto& first : routes()) {
    if (!seen.insert(first.path).second) continue;
    json.key(first.path).begin_object();
    for (const auto& route : routes())
      if (route.path == first.path) put_operation(json, route);
    json.end_object();
  }
  json.end_object();
}

constexpr const char* kParameters = R"~({
  "tenant":{"name":"X-Tenant-Id","in":"header","required":false,"schema":{"type":"string"},
    "description":"Id or slug of the organization to act in, instead of the token's"},
  "idempotency_key":{"name":"Idempotency-Key","in":"header","required":false,
    "schema":{"type":"string","minLength":1,"maxLength":255},
    "description":"The same key with the same body answers with the first reply"},
  "session":{"name":"X-Session","in":"header","required":false,"schema":{"type":"string","const":"cookie"},
    "description":"For pages of this service's own origin: the refresh token is in a cookie that scripts cannot read, never in a body. Origin must be this service's; 403 `origin_refused` otherwise"}})~";

constexpr const char* kHeaders = R"~({
  "request_id":{"schema":{"type":"string"},"description":"Of this request, in the logs too"},
  "location":{"schema":{"type":"string","format":"uri-reference"},"description":"Where it is found"},
  "idempotency_replayed":{"schema":{"type":"string","enum":["true"]},
    "description":"Only if this is the stored reply to an earlier request with the same Idempotency-Key"},
  "session_cookie":{"schema":{"type":"string"},
    "description":"With X-Session: `__Host-tenantd` (`tenantd` without TLS), HttpOnly, SameSite=Strict; empty at the session's end"},
  "www_authenticate":{"schema":{"type":"string"},"description":"Bearer (RFC 6750)"},
  "retry_after":{"schema":{"type":"string"},"description":"Seconds"}})~";

constexpr const char* kSecuritySchemes = R"~({
  "bearerAuth":{"type":"http","scheme":"bearer","bearerFormat":"JWT","description":"An access token"},
  "apiKeyAuth":{"type":"apiKey","in":"header","name":"X-Api-Key","description":"A service's key"}})~";

constexpr const char* kPasswordForm = R"~({
  "title":"Password and refresh grants (RFC 6749 sections 4.3.2 and 6)","type":"object",
  "description":"Refusals are problem documents, as everywhere here, not RFC 6749's error object.",
  "properties":{"grant_type":{"type":"string","enum":["password","refresh_token"]},"username":{"type":"string"},
    "password":{"type":"string","format":"password"},"refresh_token":{"type":"string"}}})~";

// Text of this file as one value, its blanks taken out.
void put_constant(JsonOut& json, const char* name, const char* text) {
  Json value;
  value.Parse(text);
  json.key(name);
  put_schema(json, value);
}

// The schemas of bodies; those of queries are parameters, and a row without a body shows none.
void put_schemas(JsonOut& json) {
  json.key("schemas").begin_object();
  for (const auto& file : schema_files()) {
    const auto name = schema_name(file);
    if (name.ends_with("_query") || name == "no_body") continue;
    Json schema = schema_document(name);
    schema.RemoveMember("examples");
    json.key(component_of(name));
    put_schema(json, schema);
  }
  put_constant(json, "password_form", kPasswordForm);
  json.end_object();
}

// One problem document a code that some row may refuse with.
void put_examples(JsonOut& json) {
  std::set<ErrorCode> used;
  for (const auto& route : routes())
    for (const auto code : refusals_of(route).codes) used.insert(code);
  json.key("examples").begin_object();
  for (const auto code : used) {
    json.key(error_name(code)).begin_object().field("summary", error_title(code)).key("value");
    json.begin_object()
        .field("type", "about:blank")
        .field("title", error_title(code))
        .field("status", http_status(code))
        .field("detail", error_title(code))
        .field("code", error_name(code))
        .field("request_id", "4f0c1d2e3b4a59687766554433221100");
    if (code == ErrorCode::validation_failed)
      json.key("errors").raw(R"([{"pointer":"/email","detail":"must be a plain e-mail address"}])");
    json.end_object().end_object();
  }
  json.end_object();
}

void put_responses(JsonOut& json) {
  std::set<std::string> seen;
  json.key("responses").begin_object();
  for (const auto& route : routes()) {
    for (const auto& refusal : grouped(refusals_of(route), route.also == AlsoTakes::scim)) {
      if (!seen.insert(refusal.name).second) continue;
      json.key(refusal.name);
      put_refusal(json, refusal);
    }
  }
  json.end_object();
}

}  // namespace

std::string component_of(std::string_view schema) {
  const bool reply = schema.starts_with("reply/");
  return reply ? std::string{schema.substr(6)} : std::string{schema} + "_request";
}

std::string component_reference(std::string_view schema) {
  return "#/components/schemas/" + component_of(schema);
}

void put_schema(JsonOut& json, const JsonValue& schema) {
  if (schema.IsObject()) {
    json.begin_object();
    for (const auto& item : schema.GetObject()) {
      const std::string_view name{item.name.GetString(), item.name.GetStringLength()};
      if (name == "$ref" && item.value.IsString()) {
        json.field(name, component_reference(item.value.GetString()));
      } else {
        json.key(name);
        put_schema(json, item.value);
      }
    }
    json.end_object();
  } else if (schema.IsArray()) {
    json.begin_array();
    for (const auto& item : schema.GetArray()) put_schema(json, item);
    json.end_array();
  } else {
    json.raw(json::compact(schema));
  }
}

std::string openapi_json(const std::string& server) {
  JsonOut json;
  json.begin_object().field("openapi", "3.1.0");
  put_info(json);
  json.key("servers").begin_array().begin_object().field("url", server).end_object().end_array();
  put_tags(json);
  put_paths(json);
  json.key("components").begin_object();
  put_schemas(json);
  put_constant(json, "parameters", kParameters);
  put_constant(json, "headers", kHeaders);
  put_constant(json, "securitySchemes", kSecuritySchemes);
  put_responses(json);
  put_examples(json);
  json.end_object().end_object();
  return json.text();
}

}  // namespace tenantd::api
