#include <algorithm>

#include "api/reference/openapi_parts.hpp"
#include "api/schema_files.hpp"
#include "tenantd/api/openapi.hpp"
#include "tenantd/api/refusals.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/http/problem.hpp"

namespace tenantd::api {
namespace {

void put_reference(JsonOut& json, const std::string& to) {
  json.begin_object().field("$ref", to).end_object();
}

std::string method_and_path(const Route& route) {
  return '`' + std::string{http::method_name(route.method)} + ' ' + std::string{route.path} + '`';
}

bool is_read(std::string_view path) {
  const auto reads = [&](const Route& row) { return row.method == Method::GET && row.path == path; };
  return std::any_of(routes().begin(), routes().end(), reads);
}

std::string description_of(const Route& route) {
  std::string text = who_may_call(route);
  const Route& canonical = canonical_row(route);
  if (&canonical != &route) text += " Same as " + method_and_path(canonical) + '.';
  if (route.method == Method::PUT && !route.body.empty() && is_read(route.path))
    text += " What GET gave may be sent back: read-only members count for nothing where they are equal.";
  if (route.pair == Pair::exchanged)
    text += " Without a body only with X-Session: the cookie's is exchanged.";
  return text;
}

void put_security(JsonOut& json, const Route& route) {
  const Access access = route.handler.access;
  const bool by_key = access == Access::caller || access == Access::subject ||
                      (access == Access::tenant && route.handler.tenant_ != nullptr);
  json.key("security").begin_array();
  if (access != Access::anyone) json.begin_object().key("bearerAuth").begin_array().end_array().end_object();
  if (by_key) json.begin_object().key("apiKeyAuth").begin_array().end_array().end_object();
  json.end_array();
}

void put_path_parameters(JsonOut& json, const Route& route) {
  for (const auto part : split(route.path, '/')) {
    if (!part.starts_with('{')) continue;
    const auto name = part.substr(1, part.size() - 2);
    json.begin_object().field("name", name).field("in", "path").field("required", true);
    json.key("schema").begin_object().field("type", "string");
    if (name == "id" || name.ends_with("_id")) json.field("format", "uuid");
    json.end_object().end_object();
  }
}

bool is_required(const JsonValue& schema, std::string_view name) {
  const auto* required = member(schema, "required");
  if (required == nullptr) return false;
  for (const auto& item : required->GetArray())
    if (name == item.GetString()) return true;
  return false;
}

void put_query_parameters(JsonOut& json, const Route& route) {
  if (route.query.empty()) return;
  const Json schema = schema_document(route.query);
  for (const auto& property : schema["properties"].GetObject()) {
    const std::string_view name = property.name.GetString();
    json.begin_object().field("name", name).field("in", "query");
    json.field("required", is_required(schema, name));
    if (const auto description = maybe_text(property.value, "description"))
      json.field("description", *description);
    json.key("schema");
    put_schema(json, property.value);
    json.end_object();
  }
}

bool takes_if_none_match(const Route& route) { return route.method == Method::GET && has_etag(route); }

// Not shared: a component that no row used would be a fault of the document.
void put_if_match(JsonOut& json) {
  json.begin_object().field("name", "If-Match").field("in", "header").field("required", false);
  json.field("description", "The ETag of the revision that the change is meant for; 412 if it is stale");
  json.key("schema").begin_object().field("type", "string").end_object().end_object();
}

void put_if_none_match(JsonOut& json) {
  json.begin_object().field("name", "If-None-Match").field("in", "header").field("required", false);
  json.field("description", "ETags that the client has; 304 if one of them is this revision's");
  json.key("schema").begin_object().field("type", "string").end_object().end_object();
}

void put_parameters(JsonOut& json, const Route& route) {
  const auto shared = [&](const char* name) {
    put_reference(json, std::string{"#/components/parameters/"} + name);
  };
  json.key("parameters").begin_array();
  put_path_parameters(json, route);
  put_query_parameters(json, route);
  if (needs_permission(route.handler.access)) shared("tenant");
  if (route.method == Method::POST) shared("idempotency_key");
  if (route.pair != Pair::none) shared("session");
  if (takes_if_match(route)) put_if_match(json);
  if (takes_if_none_match(route)) put_if_none_match(json);
  json.end_array();
}

void put_examples(JsonOut& json, const JsonValue& schema) {
  const auto* examples = member(schema, "examples");
  if (examples == nullptr) return;
  json.key("examples").begin_object();
  int number = 0;
  for (const auto& example : examples->GetArray()) {
    json.key("example_" + std::to_string(++number)).begin_object().key("value");
    put_schema(json, example);
    json.end_object();
  }
  json.end_object();
}

// OAuth 2's password form (RFC 6749 section 4.3.2), which dispatch turns into the JSON body.
void put_form(JsonOut& json) {
  json.key("application/x-www-form-urlencoded")
      .begin_object()
      .key("schema")
      .begin_object()
      .field("$ref", "#/components/schemas/password_form")
      .end_object()
      .end_object();
}

// What SCIM's rows take, of which SCIM's own table of attributes says what it may hold: the resource that
// they answer with, or what changes one or many.
std::string scim_body(const Route& route) {
  if (route.method == Method::PATCH) return "reply/scim_patch";
  return schema_of_reply(route.reply.schema == "scim_bulk_response" ? "scim_bulk" : route.reply.schema);
}

void put_scim_body(JsonOut& json, const Route& route) {
  json.key("requestBody").begin_object().field("required", true).key("content").begin_object();
  for (const char* media : {"application/scim+json", "application/json"}) {
    json.key(media).begin_object().key("schema");
    put_reference(json, component_reference(scim_body(route)));
    put_examples(json, schema_document(scim_body(route)));
    json.end_object();
  }
  json.end_object().end_object();
}

void put_body(JsonOut& json, const Route& route) {
  if (takes_scim_body(route.also, route.method)) return put_scim_body(json, route);
  if (route.body.empty()) return;
  const bool optional = schema_document(route.body).HasMember("x-optional") || route.pair == Pair::exchanged;
  json.key("requestBody").begin_object().field("required", !optional).key("content").begin_object();
  json.key("application/json").begin_object().key("schema");
  put_reference(json, component_reference(route.body));
  put_examples(json, schema_document(route.body));
  json.end_object();
  if (route.also == AlsoTakes::form) put_form(json);
  if (route.also == AlsoTakes::oauth) {
    json.key("application/x-www-form-urlencoded").begin_object().key("schema");
    put_reference(json, component_reference(route.body));
    json.end_object();
  }
  if (route.also == AlsoTakes::csv)
    for (const char* type : {"text/csv", "application/vnd.ms-excel"})
      json.key(type).begin_object().key("schema").raw(R"({"type":"string"})").end_object();
  if (route.also == AlsoTakes::text) {
    json.key("text/plain").begin_object().key("schema");
    put_reference(json, component_reference(route.body));
    json.end_object();
  }
  json.end_object().end_object();
}

class Headers {
 public:
  explicit Headers(JsonOut& json) : json_(json) {
    json_.key("headers").begin_object();
    shared("X-Request-Id", "request_id");
  }
  ~Headers() { json_.end_object(); }
  void shared(const char* name, const char* component) {
    json_.key(name);
    put_reference(json_, std::string{"#/components/headers/"} + component);
  }
  void own(const char* name, const char* description) {
    json_.key(name).begin_object().field("description", description).key("schema");
    json_.begin_object().field("type", "string").end_object().end_object();
  }

 private:
  JsonOut& json_;
};

// True if the reply is a file, maybe the first of several.
bool is_file(const Route& route) {
  return route.reply.media == "application/x-ndjson" || route.reply.media == "text/csv";
}

void put_success_headers(JsonOut& json, const Route& route, int status) {
  Headers headers{json};
  if (status == 201 || status == 303) headers.shared("Location", "location");
  if ((status < 300 || status == 304) && has_etag(route))
    headers.own("ETag", "Of this revision, for If-Match");
  if (is_sent_by_nginx(route) && (status < 300 || status == 304))
    headers.own("ETag", "Of the file, for If-Match, If-None-Match and If-Range of this path");
  if (is_sent_by_nginx(route) && status < 300)
    headers.own("Content-Disposition", "attachment, with the file's name");
  if (status == 206) headers.own("Content-Range", "Which part of the file this is");
  if (is_file(route)) {
    headers.own("Content-Disposition", "attachment, with a name for the file");
    headers.own("Link", "With rel=\"next\": where the rest is; none at the end");
  }
  if (status < 300 && route.pair != Pair::none) headers.shared("Set-Cookie", "session_cookie");
  if (status < 300 && route.method == Method::POST)
    headers.shared("Idempotency-Replayed", "idempotency_replayed");
}

void put_success(JsonOut& json, const Route& route, int status) {
  json.key(std::to_string(status)).begin_object();
  json.field("description", http::reason_phrase(status));
  put_success_headers(json, route, status);
  if (status != 204 && status < 300) {
    const bool text = route.reply.schema.empty();
    json.key("content").begin_object();
    const bool of_scim = route.also == AlsoTakes::scim;
    json.key(text || of_scim ? route.reply.media : "application/json").begin_object();
    json.key("schema");
    if (text) {
      json.begin_object().field("type", "string").end_object();
    } else {
      put_reference(json, component_reference(schema_of_reply(route.reply.schema)));
    }
    json.end_object().end_object();
  }
  json.end_object();
}

void put_responses(JsonOut& json, const Route& route) {
  json.key("responses").begin_object();
  put_success(json, route, route.reply.status);
  if (route.reply.other != 0) put_success(json, route, route.reply.other);
  if (is_sent_by_nginx(route)) put_success(json, route, 206);
  if (takes_if_none_match(route) || is_sent_by_nginx(route)) put_success(json, route, 304);
  const auto refusals = refusals_of(route);
  for (const auto& refusal : grouped(refusals, route.also == AlsoTakes::scim)) {
    json.key(refusal.status == 0 ? "4XX" : std::to_string(refusal.status));
    put_reference(json, "#/components/responses/" + refusal.name);
  }
  json.end_object();
}

}  // namespace

std::string who_may_call(const Route& route) {
  const std::string permission{route.permission ? permission_name(*route.permission) : ""};
  switch (route.handler.access) {
    case Access::anyone: return "For anyone.";
    case Access::user: return "For whoever is signed in; not with an API key.";
    case Access::caller: return "For whoever is signed in, and for API keys.";
    case Access::super: return "For super-admins.";
    case Access::subject:
      return "On oneself, or on a member of the active organization with the permission `" + permission +
             "` there.";
    case Access::tenant:
      return "With the permission `" + permission + "` in the active organization" +
             (route.super_too ? ", or as a super-admin in any" : "") +
             (route.handler.tenant_with_session_ != nullptr ? "; not with an API key." : ".");
  }
  return {};
}

std::vector<Refusal> grouped(const Refusals& refusals, bool of_scim) {
  std::vector<Refusal> groups;
  for (const auto code : refusals.codes) {
    const int status = http_status(code);
    if (groups.empty() || groups.back().status != status)
      groups.push_back({status, std::to_string(status), {}});
    groups.back().codes.push_back(code);
    groups.back().name += '.' + std::string{error_name(code)};
  }
  if (!refusals.complete) groups.push_back({0, "4XX", {}});
  for (auto& group : groups) {
    group.of_scim = of_scim;
    if (of_scim) group.name += ".scim";
  }
  return groups;
}

void put_refusal(JsonOut& json, const Refusal& refusal) {
  std::string names;
  for (const auto code : refusal.codes)
    names += (names.empty() ? "`" : ", `") + std::string{error_name(code)} + '`';
  const std::string reason{http::reason_phrase(refusal.status)};
  json.begin_object().field(
      "description", refusal.codes.empty() ? "Another refusal; `code` says which" : reason + ": " + names);
  {
    Headers headers{json};
    if (refusal.status == 401) headers.shared("WWW-Authenticate", "www_authenticate");
    if (refusal.status == 429 || refusal.status == 503) headers.shared("Retry-After", "retry_after");
    if (std::ranges::count(refusal.codes, ErrorCode::rate_limited) != 0)
      for (const auto& field : service::kRateLimitFields) headers.own(field.name, field.meaning);
  }
  json.key("content").begin_object();
  json.key(refusal.of_scim ? "application/scim+json" : "application/problem+json")
      .begin_object()
      .key("schema");
  put_reference(json, component_reference(refusal.of_scim ? "reply/scim_error" : "reply/problem"));
  if (refusal.of_scim) {
    json.end_object().end_object().end_object();
    return;
  }
  if (!refusal.codes.empty()) json.key("examples").begin_object();
  for (const auto code : refusal.codes) {
    json.key(error_name(code));
    put_reference(json, "#/components/examples/" + std::string{error_name(code)});
  }
  if (!refusal.codes.empty()) json.end_object();
  json.end_object().end_object().end_object();
}

const Route& canonical_row(const Route& route) {
  const Route* first = nullptr;
  for (const auto& row : routes()) {
    if (!same_handler(row, route)) continue;
    if (row.path.starts_with("/api/v1/")) return row;
    if (first == nullptr) first = &row;
  }
  return first == nullptr ? route : *first;
}

bool is_sent_by_nginx(const Route& route) { return route.reply.media == "application/octet-stream"; }

bool has_etag(const Route& route) {
  // SCIM's rows that answer with one resource, rather than a list.
  if (route.also == AlsoTakes::scim) return route.query == "scim_attributes_query";
  if (route.reply.schema.empty()) return false;
  return schema_document(schema_of_reply(route.reply.schema)).HasMember("x-etag");
}

bool takes_if_match(const Route& route) {
  return route.if_match ||
         (has_etag(route) && (route.method == Method::PUT || route.method == Method::PATCH));
}

void put_operation(JsonOut& json, const Route& route) {
  json.key(ascii_lower(http::method_name(route.method))).begin_object();
  json.key("tags").begin_array().value(route.section).end_array();
  json.field("operationId", operation_id(route)).field("summary", route.summary);
  json.field("description", description_of(route)).field("deprecated", false);
  const Route& canonical = canonical_row(route);
  if (&canonical != &route) json.field("x-same-as", operation_id(canonical));
  if (route.permission) json.field("x-permission", permission_name(*route.permission));
  put_security(json, route);
  put_parameters(json, route);
  put_body(json, route);
  put_responses(json, route);
  json.end_object();
}

}  // namespace tenantd::api
