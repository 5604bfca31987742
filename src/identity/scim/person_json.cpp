#include <algorithm>
#include <chrono>
#include <cstdio>

#include "identity/scim/people.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::service {
namespace {

using json::Value;

Value text_in(std::string_view text, scim::Allocator& memory) {
  return Value{text.data(), static_cast<rapidjson::SizeType>(text.size()), memory};
}

Value key_in(std::string_view name) {
  return Value{rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))};
}

void set_text(Value& object, std::string_view name, std::string_view text, scim::Allocator& memory) {
  object.AddMember(key_in(name), text_in(text, memory), memory);
}

// Of one of whom nothing is known but the account.
void put_profile(json::Document& resource, const std::string& profile) {
  const auto known = json::read_object(profile);
  if (!known) return;
  auto& memory = resource.GetAllocator();
  Value name{rapidjson::kObjectType};
  for (const auto& [ours, theirs] : {std::pair{"first_name", "givenName"}, {"last_name", "familyName"}})
    if (const auto text = json::maybe_text(*known, ours)) set_text(name, theirs, *text, memory);
  if (!name.ObjectEmpty()) resource.AddMember("name", name, memory);
  if (const auto text = json::maybe_text(*known, "name")) set_text(resource, "displayName", *text, memory);
}

// The address is the account's: what the directory would have it be is another matter.
void put_address(json::Document& resource, const std::string& email) {
  auto& memory = resource.GetAllocator();
  auto* emails = const_cast<Value*>(json::find(resource, "emails"));
  if (emails == nullptr || !emails->IsArray() || emails->Empty()) {
    if (emails != nullptr) resource.RemoveMember("emails");
    Value list{rapidjson::kArrayType}, one{rapidjson::kObjectType};
    set_text(one, "value", email, memory);
    one.AddMember("type", "work", memory).AddMember("primary", true, memory);
    list.PushBack(one, memory);
    resource.AddMember("emails", list, memory);
    return;
  }
  for (const auto& each : emails->GetArray())
    if (scim::same_name(json::text_of(each, "value"), email)) return;
  auto& main = (*emails)[scim::main_element(*emails)];
  main.RemoveMember("value");
  set_text(main, "value", email, memory);
}

// Of what person_to_change() says.
std::string tag_of(const json::Document& known) {
  const auto hash = crypto::sha256(json::compact(known));
  return '"' + base64url_encode(std::string_view{hash}.substr(0, 12)) + '"';
}

}  // namespace

void refuse_scim(std::string_view type, const std::string& words) {
  throw ApiError(ErrorCode::bad_request, words).member("scimType", std::string{type});
}

void refuse_duplicate(const std::string& words) {
  throw ApiError(ErrorCode::conflict, words).member("scimType", "uniqueness");
}

std::string scim_time(TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

std::string scim_location(const Context& context, const scim::ResourceType& type, const std::string& id) {
  return context.settings.public_url + "/scim/v2" + std::string{type.endpoint} + '/' + id;
}

json::Document person_to_change(const store::Person& person) {
  auto stored = json::read_object(person.attributes);
  json::Document resource;
  if (stored)
    resource = std::move(*stored);
  else
    resource.SetObject();
  auto& memory = resource.GetAllocator();
  set_text(resource, "userName", person.user_name, memory);
  if (person.external_id) set_text(resource, "externalId", *person.external_id, memory);
  resource.AddMember("active", person.active, memory);
  if (!person.stored) put_profile(resource, person.profile);
  put_address(resource, person.email);
  return resource;
}

json::Document person_resource(const Context& context, const store::Person& person,
                               const std::vector<store::Group>& groups) {
  auto known = person_to_change(person);
  json::Document resource;
  resource.SetObject();
  auto& memory = resource.GetAllocator();
  Value schemas{rapidjson::kArrayType};
  schemas.PushBack(text_in(scim::kUserSchema, memory), memory);
  if (json::find(known, scim::kEnterpriseSchema) != nullptr)
    schemas.PushBack(text_in(scim::kEnterpriseSchema, memory), memory);
  resource.AddMember("schemas", schemas, memory);
  set_text(resource, "id", person.id.str(), memory);
  for (auto& member : known.GetObject()) {
    Value name, value;
    name.CopyFrom(member.name, memory);
    value.CopyFrom(member.value, memory);
    resource.AddMember(name, value, memory);
  }
  if (!groups.empty()) {
    Value list{rapidjson::kArrayType};
    for (const auto& group : groups) {
      Value one{rapidjson::kObjectType};
      set_text(one, "value", group.id.str(), memory);
      set_text(one, "$ref", scim_location(context, scim::kGroup, group.id.str()), memory);
      set_text(one, "display", group.name, memory);
      set_text(one, "type", "direct", memory);
      list.PushBack(one, memory);
    }
    resource.AddMember("groups", list, memory);
  }
  Value meta{rapidjson::kObjectType};
  set_text(meta, "resourceType", "User", memory);
  set_text(meta, "created", scim_time(person.created_at), memory);
  set_text(meta, "lastModified", scim_time(person.updated_at), memory);
  set_text(meta, "location", scim_location(context, scim::kUser, person.id.str()), memory);
  set_text(meta, "version", tag_of(known), memory);
  resource.AddMember("meta", meta, memory);
  return resource;
}

std::string person_tag(const store::Person& person) { return tag_of(person_to_change(person)); }

}  // namespace tenantd::service
