#include "identity/scim/resource.hpp"

#include <algorithm>

#include "tenantd/base/text.hpp"

namespace tenantd::scim {
namespace {

using json::Value;

[[noreturn]] void refuse_value(const Attribute& attribute, const char* words) {
  throw Refusal("invalidValue", std::string{attribute.name} + ' ' + words);
}

Value name_of(std::string_view name) {
  return Value{rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))};
}

Value text_value(std::string_view text, Allocator& memory) {
  return Value{text.data(), static_cast<rapidjson::SizeType>(text.size()), memory};
}

Value read_flag(const Value& typed, const Attribute& attribute) {
  if (typed.IsBool()) return Value{typed.GetBool()};
  if (typed.IsString()) {
    if (same_name(json::view(typed), "true")) return Value{true};
    if (same_name(json::view(typed), "false")) return Value{false};
  }
  refuse_value(attribute, "is true or false");
}

Value read_text(const Value& typed, const Attribute& attribute, Allocator& memory) {
  if (typed.IsInt64()) return text_value(std::to_string(typed.GetInt64()), memory);
  if (!typed.IsString()) refuse_value(attribute, "is a text");
  if (typed.GetStringLength() > kMostTextBytes) refuse_value(attribute, "is too long");
  return text_value(json::view(typed), memory);
}

Value read_complex(const Value& typed, const Attribute& attribute, Allocator& memory) {
  Value object{rapidjson::kObjectType};
  if (typed.IsString()) {
    const auto* value = find_attribute(attribute.parts, "value");
    if (value == nullptr) refuse_value(attribute, "is an object");
    object.AddMember(name_of(value->name), read_text(typed, *value, memory), memory);
    return object;
  }
  if (!typed.IsObject()) refuse_value(attribute, "is an object");
  for (const auto& member : typed.GetObject()) {
    const auto* part = find_attribute(attribute.parts, json::view(member.name));
    if (part == nullptr || part->mutability != Mutability::read_write) continue;
    auto value = read_value(member.value, *part, memory);
    if (value.IsNull()) continue;
    if (json::find(object, part->name) != nullptr) refuse_value(*part, "is named twice");
    object.AddMember(name_of(part->name), value, memory);
  }
  if (object.ObjectEmpty()) return Value{};
  return object;
}

Value read_one(const Value& typed, const Attribute& attribute, Allocator& memory) {
  if (typed.IsNull()) return Value{};
  switch (attribute.type) {
    case Type::flag: return read_flag(typed, attribute);
    case Type::complex: return read_complex(typed, attribute, memory);
    case Type::text:
    case Type::time:
    case Type::binary:
    case Type::reference: return read_text(typed, attribute, memory);
  }
  return Value{};
}

void read_members(const Value& body, std::span<const Attribute> among, Value& into, Allocator& memory) {
  for (const auto& member : body.GetObject()) {
    const auto* attribute = find_attribute(among, json::view(member.name));
    if (attribute == nullptr || attribute->mutability != Mutability::read_write) continue;
    auto value = read_value(member.value, *attribute, memory);
    if (value.IsNull()) continue;
    if (json::find(into, attribute->name) != nullptr) refuse_value(*attribute, "is named twice");
    into.AddMember(name_of(attribute->name), value, memory);
  }
}

// At most one of a list is the primary one (RFC 7643 section 2.4).
void require_one_primary(const Value& list, const Attribute& attribute) {
  const auto is_primary = [](const Value& each) {
    const auto* flag = json::find(each, "primary");
    return flag != nullptr && flag->IsTrue();
  };
  if (std::count_if(list.Begin(), list.End(), is_primary) > 1)
    refuse_value(attribute, "has more than one that is primary");
}

}  // namespace

json::Value read_value(const Value& typed, const Attribute& attribute, Allocator& memory, bool element) {
  if (!attribute.many || element) return read_one(typed, attribute, memory);
  Value list{rapidjson::kArrayType};
  const auto add = [&](const Value& each) {
    auto value = read_one(each, attribute, memory);
    if (!value.IsNull()) list.PushBack(value, memory);
  };
  if (typed.IsArray()) {
    if (typed.Size() > kMostElements && attribute.name != "members")
      refuse_value(attribute, "has too many elements");
    for (const auto& each : typed.GetArray()) add(each);
  } else {
    add(typed);
  }
  if (list.Empty()) return Value{};
  require_one_primary(list, attribute);
  return list;
}

json::Document read_resource(const Value& body, const ResourceType& type) {
  if (!body.IsObject()) throw Refusal("invalidSyntax", "A resource is an object");
  json::Document resource;
  resource.SetObject();
  auto& memory = resource.GetAllocator();
  read_members(body, common_attributes(), resource, memory);
  read_members(body, type.attributes, resource, memory);
  if (type.extension.empty()) return resource;
  for (const auto& member : body.GetObject()) {
    if (!same_name(json::view(member.name), type.extension) || !member.value.IsObject()) continue;
    Value extension{rapidjson::kObjectType};
    read_members(member.value, type.extended, extension, memory);
    if (!extension.ObjectEmpty() && json::find(resource, type.extension) == nullptr)
      resource.AddMember(name_of(type.extension), extension, memory);
  }
  return resource;
}

rapidjson::SizeType main_element(const Value& list) {
  for (rapidjson::SizeType i = 0; i < list.Size(); ++i) {
    const auto* flag = json::find(list[i], "primary");
    if (flag != nullptr && flag->IsTrue()) return i;
  }
  for (rapidjson::SizeType i = 0; i < list.Size(); ++i)
    if (same_name(json::text_of(list[i], "type"), "work")) return i;
  return 0;
}

Projection::Projection(std::string_view attributes, std::string_view excluded, const ResourceType& type)
    : type_(type), includes_(!attributes.empty()) {
  if (!attributes.empty() && !excluded.empty())
    throw Refusal("invalidValue", "Name attributes or excludedAttributes, not both");
  for (const auto name : split(includes_ ? attributes : excluded, ','))
    if (const auto path = read_attribute_path(trim(name), type)) named_.push_back(*path);
}

bool Projection::tells_whole(const Attribute& attribute, bool extended) const {
  const auto names = [&](const AttributePath& path) {
    return path.extended == extended && (path.attribute == nullptr || path.attribute == &attribute) &&
           path.part == nullptr;
  };
  return std::any_of(named_.begin(), named_.end(), names) == includes_;
}

std::vector<const Attribute*> Projection::parts_named(const Attribute& attribute, bool extended) const {
  std::vector<const Attribute*> parts;
  for (const auto& path : named_)
    if (path.extended == extended && path.attribute == &attribute && path.part != nullptr)
      parts.push_back(path.part);
  return parts;
}

bool Projection::tells(std::string_view attribute) const {
  const auto* found = find_attribute(type_.attributes, attribute);
  return found != nullptr &&
         (tells_whole(*found, false) || (includes_ && !parts_named(*found, false).empty()));
}

void Projection::apply_to(Value& object, std::span<const Attribute> among, bool extended) const {
  const auto keep_parts = [&](Value& value, const std::vector<const Attribute*>& parts) {
    if (!value.IsObject()) return;
    for (auto it = value.MemberBegin(); it != value.MemberEnd();) {
      const bool named = std::any_of(parts.begin(), parts.end(),
                                     [&](const auto* part) { return part->name == json::view(it->name); });
      if (named == includes_)
        ++it;
      else
        it = value.EraseMember(it);
    }
  };
  for (auto it = object.MemberBegin(); it != object.MemberEnd();) {
    const auto* attribute = find_attribute(among, json::view(it->name));
    if (attribute == nullptr) {
      ++it;
      continue;
    }
    const auto parts = parts_named(*attribute, extended);
    const bool whole = tells_whole(*attribute, extended);
    if (!whole && (parts.empty() || !includes_)) {
      it = object.EraseMember(it);
      continue;
    }
    if (!parts.empty() && !(includes_ && whole)) {
      if (it->value.IsArray())
        for (auto& each : it->value.GetArray()) keep_parts(each, parts);
      else
        keep_parts(it->value, parts);
    }
    ++it;
  }
}

void Projection::apply(json::Document& resource) const {
  if (named_.empty() && !includes_) return;
  apply_to(resource, type_.attributes, false);
  // externalId and meta; what is always told is no attribute of this list.
  apply_to(resource, common_attributes().subspan(2), false);
  if (type_.extension.empty()) return;
  auto* extension = const_cast<Value*>(json::find(resource, type_.extension));
  if (extension == nullptr || !extension->IsObject()) return;
  apply_to(*extension, type_.extended, true);
  if (extension->ObjectEmpty()) resource.RemoveMember(name_of(type_.extension));
}

}  // namespace tenantd::scim
