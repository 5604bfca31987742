// Schemas of people and groups for the documents of the API, written from SCIM's own table of attributes.
#include "tenantd/api/schema_texts.hpp"
#include "identity/scim/attributes.hpp"
#include "tenantd/api/json.hpp"

namespace tenantd::api {
namespace {

void put_object_of(JsonOut& json, std::string_view title, std::span<const scim::Attribute> attributes);

void put_element(JsonOut& json, const scim::Attribute& attribute) {
  switch (attribute.type) {
    case scim::Type::complex: return put_object_of(json, attribute.name, attribute.parts);
    case scim::Type::flag: json.field("type", "boolean"); return;
    case scim::Type::time: json.field("type", "string").field("format", "date-time"); return;
    case scim::Type::text:
    case scim::Type::binary:
    case scim::Type::reference: json.field("type", "string"); return;
  }
}

void put_attribute(JsonOut& json, const scim::Attribute& attribute) {
  json.key(attribute.name).begin_object();
  if (!attribute.description.empty()) json.field("description", attribute.description);
  if (attribute.mutability == scim::Mutability::read_only) json.field("readOnly", true);
  if (attribute.mutability == scim::Mutability::write_only) json.field("writeOnly", true);
  if (attribute.many) {
    json.field("type", "array").key("items").begin_object();
    put_element(json, attribute);
    json.end_object();
  } else {
    put_element(json, attribute);
  }
  json.end_object();
}

// The members of an object's schema. Which are there `attributes` and `excludedAttributes` say.
void put_head(JsonOut& json, std::string_view title) {
  json.field("title", title).field("type", "object").field("additionalProperties", false);
}

void put_object_of(JsonOut& json, std::string_view title, std::span<const scim::Attribute> attributes) {
  put_head(json, title);
  json.key("required").begin_array().end_array().key("properties").begin_object();
  for (const auto& each : attributes) put_attribute(json, each);
  json.end_object();
}

constexpr const char* kUserExample =
    R"([{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann@example.com","externalId":"E-1",)"
    R"("name":{"givenName":"Ann","familyName":"Lee"},"active":true}])";
constexpr const char* kGroupExample =
    R"([{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Platform leads",)"
    R"("members":[{"value":"01890000-0000-7000-8000-000000000000"}]}])";

std::string text_of_type(const scim::ResourceType& type, const char* title, const char* examples) {
  JsonOut json;
  json.begin_object();
  put_head(json, title);
  json.field("description", "Names count without case; what stands in no schema is passed over");
  // Bodies have no id yet.
  json.key("required").begin_array().value("schemas").end_array().key("properties").begin_object();
  for (const auto& each : scim::common_attributes()) put_attribute(json, each);
  for (const auto& each : type.attributes) put_attribute(json, each);
  if (!type.extension.empty()) {
    json.key(type.extension).begin_object();
    put_object_of(json, "What an enterprise knows of a person (RFC 7643 section 4.3)", type.extended);
    json.end_object();
  }
  json.end_object();
  return json.key("examples").raw(examples).end_object().text();
}

}  // namespace

std::vector<SchemaText> scim_schema_texts() {
  return {{"reply/scim_user", text_of_type(scim::kUser, "User (RFC 7643 section 4.1)", kUserExample)},
          {"reply/scim_group", text_of_type(scim::kGroup, "Group (RFC 7643 section 4.2)", kGroupExample)}};
}

}  // namespace tenantd::api
