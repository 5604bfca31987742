#include "identity/scim/groups.hpp"
#include "identity/scim/people.hpp"
#include "tenantd/api/etag.hpp"

namespace tenantd::service {

json::Document group_resource(const Context& context, const store::Group& group,
                              const std::vector<store::GroupMember>* members) {
  json::Document resource;
  resource.SetObject();
  auto& memory = resource.GetAllocator();
  const auto put = [&](json::Value& object, const char* name, const std::string& text) {
    object.AddMember(rapidjson::StringRef(name), json::Value{text, memory}, memory);
  };
  json::Value schemas{rapidjson::kArrayType};
  schemas.PushBack(json::Value{std::string{scim::kGroupSchema}, memory}, memory);
  resource.AddMember("schemas", schemas, memory);
  put(resource, "id", group.id.str());
  if (group.external_id) put(resource, "externalId", *group.external_id);
  put(resource, "displayName", group.name);
  if (members != nullptr && !members->empty()) {
    json::Value list{rapidjson::kArrayType};
    for (const auto& each : *members) {
      json::Value one{rapidjson::kObjectType};
      put(one, "value", each.id.str());
      put(one, "$ref", scim_location(context, scim::kUser, each.id.str()));
      put(one, "display", each.user_name);
      put(one, "type", "User");
      list.PushBack(one, memory);
    }
    resource.AddMember("members", list, memory);
  }
  json::Value meta{rapidjson::kObjectType};
  put(meta, "resourceType", "Group");
  put(meta, "created", scim_time(group.created_at));
  put(meta, "lastModified", scim_time(group.updated_at));
  put(meta, "location", scim_location(context, scim::kGroup, group.id.str()));
  put(meta, "version", api::etag(group.revision));
  resource.AddMember("meta", meta, memory);
  return resource;
}

}  // namespace tenantd::service
