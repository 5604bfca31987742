// What SCIM's clients ask about the service (RFC 7644 section 4), and many changes in one request
// (section 3.7).
#include <map>

#include "identity/scim/replies.hpp"
#include "identity/scim/resources.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr std::int64_t kMostBulkOperations = 250;

std::string scim_base(const Request& request) { return request.context.settings.public_url + "/scim/v2"; }

Response scim_text(const JsonOut& json) {
  Response response;
  response.content_type = "application/scim+json";
  response.body = json.text();
  return response;
}

void put_meta(JsonOut& json, const Request& request, const char* type, const std::string& path) {
  json.key("meta")
      .begin_object()
      .field("resourceType", type)
      .field("location", scim_base(request) + path)
      .end_object();
}

void put_list_head(JsonOut& json, std::int64_t total) {
  json.begin_object().key("schemas").begin_array();
  json.value("urn:ietf:params:scim:api:messages:2.0:ListResponse").end_array();
  json.field("totalResults", total).field("startIndex", 1).field("itemsPerPage", total);
  json.key("Resources").begin_array();
}

Response show_provider_config(const Request& request, const TenantScope&, Txn&) {
  JsonOut json;
  const auto supported = [&](const char* name, bool is) {
    json.key(name).begin_object().field("supported", is).end_object();
  };
  json.begin_object().key("schemas").begin_array();
  json.value("urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig").end_array();
  json.field("documentationUri", request.context.settings.public_url + "/guide/src/identity/scim");
  supported("patch", true);
  json.key("bulk").begin_object().field("supported", true).field("maxOperations", kMostBulkOperations);
  json.field("maxPayloadSize", request.context.settings.body_bytes).end_object();
  json.key("filter").begin_object().field("supported", true).field("maxResults", kMostTold).end_object();
  supported("changePassword", false);
  supported("sort", true);
  supported("etag", true);
  json.key("authenticationSchemes").begin_array().begin_object();
  json.field("type", "oauthbearertoken")
      .field("name", "API key")
      .field("description", "A key with the permission scim:provision");
  json.field("primary", true).end_object().end_array();
  put_meta(json, request, "ServiceProviderConfig", "/ServiceProviderConfig");
  json.end_object();
  return scim_text(json);
}

void put_resource_type(JsonOut& json, const Request& request, const scim::ResourceType& type) {
  json.begin_object().key("schemas").begin_array();
  json.value("urn:ietf:params:scim:schemas:core:2.0:ResourceType").end_array();
  json.field("id", type.name).field("name", type.name).field("endpoint", type.endpoint);
  json.field("description", type.description)
      .field("schema", type.schema)
      .key("schemaExtensions")
      .begin_array();
  if (!type.extension.empty())
    json.begin_object().field("schema", type.extension).field("required", false).end_object();
  json.end_array();
  put_meta(json, request, "ResourceType", "/ResourceTypes/" + std::string{type.name});
  json.end_object();
}

Response list_resource_types(const Request& request, const TenantScope&, Txn&) {
  JsonOut json;
  put_list_head(json, 2);
  put_resource_type(json, request, scim::kUser);
  put_resource_type(json, request, scim::kGroup);
  json.end_array().end_object();
  return scim_text(json);
}

Response show_resource_type(const Request& request, const TenantScope&, Txn&) {
  for (const auto* type : {&scim::kUser, &scim::kGroup})
    if (request.http.path_value("resource_type") == type->name) {
      JsonOut json;
      put_resource_type(json, request, *type);
      return scim_text(json);
    }
  throw ApiError(not_found);
}

std::string_view type_word(scim::Type type) {
  switch (type) {
    case scim::Type::text: return "string";
    case scim::Type::flag: return "boolean";
    case scim::Type::time: return "dateTime";
    case scim::Type::binary: return "binary";
    case scim::Type::reference: return "reference";
    case scim::Type::complex: return "complex";
  }
  return "";
}

std::string_view mutability_word(scim::Mutability mutability) {
  switch (mutability) {
    case scim::Mutability::read_write: return "readWrite";
    case scim::Mutability::read_only: return "readOnly";
    case scim::Mutability::write_only: return "writeOnly";
  }
  return "";
}

void put_attributes(JsonOut& json, const char* key, std::span<const scim::Attribute> attributes) {
  json.key(key).begin_array();
  for (const auto& each : attributes) {
    const bool unique = each.required;
    json.begin_object().field("name", each.name).field("type", type_word(each.type));
    json.field("multiValued", each.many)
        .field("description", each.description)
        .field("required", each.required);
    json.field("caseExact", each.case_exact).field("mutability", mutability_word(each.mutability));
    json.field("returned", each.mutability == scim::Mutability::write_only ? "never" : "default");
    json.field("uniqueness", unique ? "server" : "none");
    if (!each.parts.empty()) put_attributes(json, "subAttributes", each.parts);
    json.end_object();
  }
  json.end_array();
}

struct NamedSchema {
  std::string_view id, name, description;
  std::span<const scim::Attribute> attributes;
};

std::vector<NamedSchema> scim_schemas() {
  return {{scim::kUserSchema, "User", scim::kUser.description, scim::kUser.attributes},
          {scim::kGroupSchema, "Group", scim::kGroup.description, scim::kGroup.attributes},
          {scim::kEnterpriseSchema, "EnterpriseUser", "A person of an enterprise", scim::kUser.extended}};
}

void put_scim_schema(JsonOut& json, const Request& request, const NamedSchema& schema) {
  json.begin_object().key("schemas").begin_array();
  json.value("urn:ietf:params:scim:schemas:core:2.0:Schema").end_array();
  json.field("id", schema.id).field("name", schema.name).field("description", schema.description);
  put_attributes(json, "attributes", schema.attributes);
  put_meta(json, request, "Schema", "/Schemas/" + std::string{schema.id});
  json.end_object();
}

Response list_scim_schemas(const Request& request, const TenantScope&, Txn&) {
  JsonOut json;
  put_list_head(json, 3);
  for (const auto& schema : scim_schemas()) put_scim_schema(json, request, schema);
  json.end_array().end_object();
  return scim_text(json);
}

Response show_scim_schema(const Request& request, const TenantScope&, Txn&) {
  for (const auto& schema : scim_schemas())
    if (scim::same_name(request.http.path_value("schema"), schema.id)) {
      JsonOut json;
      put_scim_schema(json, request, schema);
      return scim_text(json);
    }
  throw ApiError(not_found);
}

// --- bulk ---

constexpr std::string_view kReference = "bulkId:";

// What operations before have made, by their bulkId.
using Made = std::map<std::string, std::string, std::less<>>;

// "bulkId:x" is the id of what that operation has made. Throws scim::Refusal if none has.
void resolve(JsonValue& value, const Made& made, Json::AllocatorType& memory) {
  if (value.IsString() && json::view(value).starts_with(kReference)) {
    const auto found = made.find(json::view(value).substr(kReference.size()));
    if (found == made.end())
      throw scim::Refusal("invalidValue",
                          "No operation before this one has made " + std::string{json::view(value)});
    value.SetString(found->second, memory);
  }
  if (value.IsArray())
    for (auto& each : value.GetArray()) resolve(each, made, memory);
  if (value.IsObject())
    for (auto& each : value.GetObject()) resolve(each.value, made, memory);
}

struct BulkOperation {
  http::Method method = http::Method::POST;
  const scim::ResourceType* type = nullptr;
  std::string id;
};

BulkOperation read_bulk_operation(const JsonValue& typed, const Made& made) {
  BulkOperation operation;
  operation.method = http::parse_method(json::text_of(typed, "method"));
  const bool changes = operation.method == http::Method::POST || operation.method == http::Method::PUT ||
                       operation.method == http::Method::PATCH || operation.method == http::Method::DELETE_;
  if (!changes) throw scim::Refusal("invalidSyntax", "A method is POST, PUT, PATCH or DELETE");
  const auto path = json::text_of(typed, "path");
  for (const auto* type : {&scim::kUser, &scim::kGroup}) {
    if (path == type->endpoint) operation.type = type;
    if (!path.starts_with(std::string{type->endpoint} + '/')) continue;
    operation.type = type;
    operation.id = path.substr(type->endpoint.size() + 1);
  }
  if (operation.type == nullptr || operation.id.empty() != (operation.method == http::Method::POST))
    throw scim::Refusal("invalidPath", "A path is /Users or /Groups, with the id of what is changed");
  if (operation.id.starts_with(kReference)) {
    const auto found = made.find(operation.id.substr(kReference.size()));
    if (found == made.end())
      throw scim::Refusal("invalidValue", "No operation before this one has made " + operation.id);
    operation.id = found->second;
  }
  return operation;
}

void put_bulk_error(JsonOut& json, int status, std::string_view type, std::string_view detail) {
  json.field("status", std::to_string(status)).key("response").begin_object().key("schemas").begin_array();
  json.value("urn:ietf:params:scim:api:messages:2.0:Error").end_array();
  json.field("status", std::to_string(status));
  if (!type.empty()) json.field("scimType", type);
  json.field("detail", detail).end_object();
}

void put_bulk_refusal(JsonOut& json, const ApiError& error) {
  std::string type;
  for (const auto& [name, value] : error.members())
    if (name == "scimType") type = value;
  put_bulk_error(json, http_status(error.code()), type,
                 error.public_text().empty() ? error_title(error.code()) : error.public_text());
}

// One operation, which leaves nothing of itself behind if it is refused. False if it was.
bool run_bulk_operation(const Request& request, ScimChanges& changes, Txn& txn, JsonValue& typed, Made& made,
                        JsonOut& json, Json::AllocatorType& memory) {
  const auto bulk_id = json::text_of(typed, "bulkId");
  json.begin_object().field("method", json::text_of(typed, "method"));
  if (!bulk_id.empty()) json.field("bulkId", bulk_id);
  const auto ends = [&](bool well) {
    json.end_object();
    return well;
  };
  try {
    const auto operation = read_bulk_operation(typed, made);
    if (auto data = typed.FindMember("data"); data != typed.MemberEnd()) resolve(data->value, made, memory);
    static const JsonValue kNothing{rapidjson::kObjectType};
    const auto* data = json::find(typed, "data");
    changes.prepare();
    const auto outcome = txn.savepoint([&] {
      return changes.act(operation.method, *operation.type, operation.id, json::text_of(typed, "version"),
                         data != nullptr ? *data : kNothing);
    });
    if (!bulk_id.empty()) made[bulk_id] = outcome.id;
    json.field("location", service::scim_location(request.context, *operation.type, outcome.id));
    if (!outcome.tag.empty()) json.field("version", outcome.tag);
    json.field("status", std::to_string(outcome.status));
    return ends(true);
  } catch (const scim::Refusal& refusal) {
    put_bulk_error(json, 400, refusal.type(), refusal.what());
  } catch (const ApiError& error) {
    if (http_status(error.code()) >= 500) throw;
    put_bulk_refusal(json, error);
  } catch (const db::LimitReached& limit) {
    put_bulk_error(json, 409, "", "The organization's limit of " + limit.limit + " is reached");
  }
  return ends(false);
}

Response change_many(const Request& request, const TenantScope& scope, Txn& txn) {
  return scim_answer([&] {
    Json body;
    body.CopyFrom(request.body, body.GetAllocator());
    const auto found = body.IsObject() ? body.FindMember("Operations") : JsonValue::MemberIterator{};
    if (!body.IsObject() || found == body.MemberEnd() || !found->value.IsArray())
      throw scim::Refusal("invalidSyntax", "A bulk request is an object with Operations");
    if (found->value.Size() > kMostBulkOperations)
      throw ApiError(body_too_large, "A bulk request has at most 250 operations");
    const auto* limit = json::find(body, "failOnErrors");
    const auto most =
        limit != nullptr && limit->IsInt64() && limit->GetInt64() > 0 ? limit->GetInt64() : INT64_MAX;
    Made made;
    ScimChanges changes{service::Work{txn, request.context, scope}};
    std::int64_t failed = 0;
    JsonOut json;
    json.begin_object().key("schemas").begin_array();
    json.value("urn:ietf:params:scim:api:messages:2.0:BulkResponse").end_array();
    json.key("Operations").begin_array();
    for (auto& each : found->value.GetArray()) {
      if (!each.IsObject()) throw scim::Refusal("invalidSyntax", "An operation is an object");
      if (!run_bulk_operation(request, changes, txn, each, made, json, body.GetAllocator()) &&
          ++failed >= most)
        break;
    }
    json.end_array().end_object();
    return scim_text(json);
  });
}

constexpr auto kScimServiceRows =
    section("SCIM", {
                        {.method = GET,
                         .path = "/scim/v2/ServiceProviderConfig",
                         .handler = show_provider_config,
                         .permission = scim_provision,
                         .rate = Rate::read,
                         .also = AlsoTakes::scim,
                         .reply = scim_ok("scim_provider_config"),
                         .refuses = nothing,
                         .name = "getScimServiceProviderConfig",
                         .summary = "What of SCIM this service does"},
                        {.method = GET,
                         .path = "/scim/v2/ResourceTypes",
                         .handler = list_resource_types,
                         .permission = scim_provision,
                         .rate = Rate::read,
                         .also = AlsoTakes::scim,
                         .reply = scim_ok("scim_resource_types"),
                         .refuses = nothing,
                         .name = "listScimResourceTypes",
                         .summary = "Types of resources"},
                        {.method = GET,
                         .path = "/scim/v2/ResourceTypes/{resource_type}",
                         .handler = show_resource_type,
                         .permission = scim_provision,
                         .rate = Rate::read,
                         .also = AlsoTakes::scim,
                         .reply = scim_ok("scim_resource_type"),
                         .refuses = {not_found},
                         .name = "getScimResourceType",
                         .summary = "A type of resources"},
                        {.method = GET,
                         .path = "/scim/v2/Schemas",
                         .handler = list_scim_schemas,
                         .permission = scim_provision,
                         .rate = Rate::read,
                         .also = AlsoTakes::scim,
                         .reply = scim_ok("scim_schemas"),
                         .refuses = nothing,
                         .name = "listScimSchemas",
                         .summary = "Schemas of resources"},
                        {.method = GET,
                         .path = "/scim/v2/Schemas/{schema}",
                         .handler = show_scim_schema,
                         .permission = scim_provision,
                         .rate = Rate::read,
                         .also = AlsoTakes::scim,
                         .reply = scim_ok("scim_schema"),
                         .refuses = {not_found},
                         .name = "getScimSchema",
                         .summary = "A schema of resources"},
                        {.method = POST,
                         .path = "/scim/v2/Bulk",
                         .handler = change_many,
                         .permission = scim_provision,
                         .rate = Rate::write,
                         .also = AlsoTakes::scim,
                         .reply = scim_ok("scim_bulk_response"),
                         .refuses = {body_too_large},
                         .name = "runScimBulk",
                         .summary = "Many changes of people and groups, each by itself"},
                    });

}  // namespace

std::span<const Route> scim_service_rows() { return kScimServiceRows; }

}  // namespace tenantd::api::handlers
