#include "identity/scim/patch.hpp"

#include <algorithm>

namespace tenantd::scim {
namespace {

using json::Value;

Value key_of(std::string_view name) {
  return Value{rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))};
}

Value* find_in(Value& object, std::string_view name) { return const_cast<Value*>(json::find(object, name)); }

const Value* member_in_any_case(const Value& object, std::string_view name) {
  for (const auto& member : object.GetObject())
    if (same_name(json::view(member.name), name)) return &member.value;
  return nullptr;
}

[[noreturn]] void refuse_syntax(const char* words) { throw Refusal("invalidSyntax", words); }

Change change_named(const Value* op) {
  if (op == nullptr || !op->IsString()) refuse_syntax("An operation names its op");
  for (const auto& [name, change] :
       {std::pair{"add", Change::add}, {"replace", Change::replace}, {"remove", Change::remove}})
    if (same_name(json::view(*op), name)) return change;
  refuse_syntax("An operation is add, replace or remove");
}

bool is_written(const AttributePath& path) {
  if (path.attribute == nullptr) return true;
  return path.attribute->mutability == Mutability::read_write &&
         (path.part == nullptr || path.part->mutability == Mutability::read_write);
}

// One operation without a path.
void add_members(std::vector<Operation>& all, Change change, const Value* value, const ResourceType& type) {
  if (change == Change::remove) throw Refusal("noTarget", "A removal names its path");
  if (value == nullptr || !value->IsObject())
    refuse_syntax("An operation without a path has an object as its value");
  for (const auto& member : value->GetObject()) {
    try {
      auto path = read_patch_path(json::view(member.name), type);
      if (is_written(path.path)) all.push_back({change, std::move(path), &member.value});
    } catch (const Refusal&) {
      // Of what no schema names nothing is kept, as in a resource.
    }
  }
}

void require_writable(const AttributePath& path) {
  if (!is_written(path) && path.attribute->mutability != Mutability::write_only)
    throw Refusal("mutability", std::string{path.attribute->name} + " cannot be changed");
}

class Patching {
 public:
  Patching(json::Document& resource, const ResourceType& type)
      : resource_(resource), memory_(resource.GetAllocator()), type_(type) {}

  void apply(const Operation& operation) {
    require_writable(operation.path.path);
    const auto& path = operation.path.path;
    if (path.attribute != nullptr && path.attribute->mutability == Mutability::write_only) return;
    if (path.attribute == nullptr) return apply_to_extension(operation);
    const bool unassigns = operation.change == Change::remove || operation.value == nullptr ||
                           operation.value->IsNull() ||
                           (operation.change == Change::replace && operation.value->IsArray() &&
                            operation.value->Empty() && path.part == nullptr && !operation.path.elements);
    if (operation.change != Change::remove && operation.value == nullptr)
      refuse_syntax("The operation has no value");
    if (unassigns)
      remove(operation);
    else
      write(operation);
    drop_empty_extension();
  }

 private:
  Value& home(const AttributePath& path) {
    if (!path.extended) return resource_;
    auto* found = find_in(resource_, type_.extension);
    if (found != nullptr) return *found;
    resource_.AddMember(key_of(type_.extension), Value{rapidjson::kObjectType}, memory_);
    return *find_in(resource_, type_.extension);
  }

  void drop_empty_extension() {
    if (type_.extension.empty()) return;
    const auto* extension = json::find(resource_, type_.extension);
    if (extension != nullptr && extension->ObjectEmpty()) resource_.RemoveMember(key_of(type_.extension));
  }

  void apply_to_extension(const Operation& operation) {
    if (operation.change == Change::remove) {
      resource_.RemoveMember(key_of(type_.extension));
      return;
    }
    if (operation.value == nullptr || !operation.value->IsObject())
      throw Refusal("invalidValue", "The value of an extension is an object");
    for (const auto& member : operation.value->GetObject()) {
      const auto* attribute = find_attribute(type_.extended, json::view(member.name));
      if (attribute == nullptr) continue;
      Operation each;
      each.change = operation.change;
      each.path.path = {true, attribute, nullptr};
      each.value = &member.value;
      apply(each);
    }
  }

  static void put(Value& object, const Attribute& attribute, Value& value, Allocator& memory) {
    if (auto* there = find_in(object, attribute.name))
      *there = value;
    else
      object.AddMember(key_of(attribute.name), value, memory);
  }

  static void merge(Value& into, Value& from, Allocator& memory) {
    for (auto& member : from.GetObject()) {
      if (auto* there = find_in(into, json::view(member.name)))
        *there = member.value;
      else
        into.AddMember(member.name, member.value, memory);
    }
  }

  // --- removal ---

  void remove(const Operation& operation) {
    const auto& path = operation.path.path;
    if (path.attribute->required && path.part == nullptr)
      throw Refusal("mutability", std::string{path.attribute->name} + " is required");
    auto& object = home(path);
    auto* value = find_in(object, path.attribute->name);
    if (value == nullptr) return;
    if (value->IsArray())
      remove_elements(operation, *value);
    else if (path.part != nullptr)
      value->RemoveMember(key_of(path.part->name));
    else
      value->SetNull();
    const bool empty = value->IsNull() || (value->IsArray() && value->Empty()) ||
                       (value->IsObject() && value->ObjectEmpty());
    if (empty) object.RemoveMember(key_of(path.attribute->name));
  }

  void remove_elements(const Operation& operation, Value& list) {
    const auto& path = operation.path;
    Value named;
    if (operation.change == Change::remove && operation.value != nullptr && !operation.value->IsNull() &&
        !path.elements && path.path.part == nullptr)
      named = read_value(*operation.value, *path.path.attribute, memory_);
    const auto is_meant = [&](const Value& element) {
      if (path.elements) return fits_element(*path.elements, element);
      return named.IsNull() || is_among(element, named);
    };
    if (path.path.part != nullptr) {
      for (auto& element : list.GetArray())
        if (element.IsObject() && is_meant(element)) element.RemoveMember(key_of(path.path.part->name));
      const auto is_empty = [](const Value& element) { return element.IsObject() && element.ObjectEmpty(); };
      list.Erase(std::remove_if(list.Begin(), list.End(), is_empty), list.End());
      return;
    }
    for (auto* it = list.Begin(); it != list.End();) it = is_meant(*it) ? list.Erase(it) : it + 1;
  }

  // The same value: of elements with a value, that says which they are.
  static bool is_among(const Value& element, const Value& list) {
    const auto* value = json::find(element, "value");
    return std::any_of(list.Begin(), list.End(), [&](const Value& each) {
      const auto* other = json::find(each, "value");
      return value != nullptr && other != nullptr ? *value == *other : element == each;
    });
  }

  // --- add and replace ---

  void write(const Operation& operation) {
    const auto& path = operation.path.path;
    auto& object = home(path);
    if (path.attribute->many) return write_list(operation, object);
    if (path.part != nullptr) {
      auto value = read_value(*operation.value, *path.part, memory_);
      auto* complex = find_in(object, path.attribute->name);
      if (complex == nullptr) {
        object.AddMember(key_of(path.attribute->name), Value{rapidjson::kObjectType}, memory_);
        complex = find_in(object, path.attribute->name);
      }
      return put(*complex, *path.part, value, memory_);
    }
    auto value = read_value(*operation.value, *path.attribute, memory_);
    if (value.IsNull()) return;
    auto* there = find_in(object, path.attribute->name);
    // The parts that are named are written, others stay.
    if (path.attribute->type == Type::complex && there != nullptr && there->IsObject())
      merge(*there, value, memory_);
    else
      put(object, *path.attribute, value, memory_);
  }

  void write_list(const Operation& operation, Value& object) {
    const auto& path = operation.path;
    const auto& attribute = *path.path.attribute;
    auto* list = find_in(object, attribute.name);
    if (list == nullptr) {
      object.AddMember(key_of(attribute.name), Value{rapidjson::kArrayType}, memory_);
      list = find_in(object, attribute.name);
    }
    if (path.elements || path.path.part != nullptr)
      write_elements(operation, *list);
    else
      write_whole(operation, *list);
    if (list->Size() > kMostElements && attribute.name != "members")
      throw Refusal("invalidValue", std::string{attribute.name} + " has too many elements");
    if (list->Empty()) object.RemoveMember(key_of(attribute.name));
  }

  void write_whole(const Operation& operation, Value& list) {
    auto value = read_value(*operation.value, *operation.path.path.attribute, memory_);
    if (operation.change == Change::replace) list.Clear();
    if (value.IsNull()) return;
    for (auto& each : value.GetArray()) {
      if (std::find(list.Begin(), list.End(), each) != list.End()) continue;
      list.PushBack(each, memory_);
      keep_one_primary(list, list.Size() - 1);
    }
  }

  void write_elements(const Operation& operation, Value& list) {
    const auto& path = operation.path;
    bool any = false;
    for (rapidjson::SizeType i = 0; i < list.Size(); ++i) {
      if (path.elements && !fits_element(*path.elements, list[i])) continue;
      any = true;
      write_element(operation, list[i]);
      keep_one_primary(list, i);
    }
    if (any) return;
    if (operation.change == Change::replace && path.elements)
      throw Refusal("noTarget", "No element fits the path's filter");
    Value element{rapidjson::kObjectType};
    if (path.elements) fill_from(*path.elements, element);
    write_element(operation, element, true);
    if (element.ObjectEmpty()) return;
    list.PushBack(element, memory_);
    keep_one_primary(list, list.Size() - 1);
  }

  void write_element(const Operation& operation, Value& element, bool fresh = false) {
    const auto& path = operation.path.path;
    if (path.part != nullptr) {
      auto value = read_value(*operation.value, *path.part, memory_);
      return put(element, *path.part, value, memory_);
    }
    auto value = read_value(*operation.value, *path.attribute, memory_, true);
    if (!value.IsObject())
      throw Refusal("invalidValue", std::string{path.attribute->name} + " has objects as elements");
    if (operation.change == Change::replace && !fresh)
      element = value;
    else
      merge(element, value, memory_);
  }

  // An element that is added by a filter is one that the filter finds: [type eq "work"].
  void fill_from(const Filter& filter, Value& element) {
    if (filter.shape == Shape::both) {
      fill_from(*filter.left, element);
      fill_from(*filter.right, element);
    }
    if (filter.shape != Shape::compare || filter.op != Operator::eq) return;
    Value value;
    if (const auto* text = std::get_if<std::string>(&filter.literal))
      value.SetString(*text, memory_);
    else if (const auto* flag = std::get_if<bool>(&filter.literal))
      value.SetBool(*flag);
    if (!value.IsNull()) put(element, *filter.path.attribute, value, memory_);
  }

  void keep_one_primary(Value& list, rapidjson::SizeType latest) {
    const auto* flag = json::find(list[latest], "primary");
    if (flag == nullptr || !flag->IsTrue()) return;
    for (rapidjson::SizeType i = 0; i < list.Size(); ++i) {
      auto* other = i == latest || !list[i].IsObject() ? nullptr : find_in(list[i], "primary");
      if (other != nullptr) other->SetBool(false);
    }
  }

  json::Document& resource_;
  Allocator& memory_;
  const ResourceType& type_;
};

}  // namespace

std::vector<Operation> read_patch(const Value& body, const ResourceType& type) {
  if (!body.IsObject()) refuse_syntax("A PATCH is an object with Operations");
  const auto* operations = member_in_any_case(body, "Operations");
  if (operations == nullptr || !operations->IsArray() || operations->Empty())
    refuse_syntax("A PATCH is an object with Operations");
  if (operations->Size() > kMostOperations) throw Refusal("tooMany", "A PATCH has at most 1000 operations");
  std::vector<Operation> all;
  for (const auto& each : operations->GetArray()) {
    if (!each.IsObject()) refuse_syntax("An operation is an object");
    const auto change = change_named(member_in_any_case(each, "op"));
    const auto* path = member_in_any_case(each, "path");
    const auto* value = member_in_any_case(each, "value");
    const bool has_path = path != nullptr && path->IsString() && path->GetStringLength() > 0;
    if (path != nullptr && !path->IsNull() && !path->IsString())
      throw Refusal("invalidPath", "A path is a text");
    if (has_path)
      all.push_back({change, read_patch_path(json::view(*path), type), value});
    else
      add_members(all, change, value, type);
  }
  return all;
}

void apply_patch(json::Document& resource, const std::vector<Operation>& operations,
                 const ResourceType& type) {
  Patching patching{resource, type};
  for (const auto& operation : operations) patching.apply(operation);
}

}  // namespace tenantd::scim
