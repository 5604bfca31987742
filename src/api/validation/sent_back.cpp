#include "api/validation/sent_back.hpp"

#include <algorithm>

#include "api/validation/fault_words.hpp"
#include "api/validation/faults.hpp"

namespace tenantd::api {
namespace {

constexpr const char* kDiffers = "is read-only: leave it out, or send it as GET gives it now";

std::string_view name_of(const JsonValue& text) { return {text.GetString(), text.GetStringLength()}; }

const JsonValue* property(const JsonValue& schema, std::string_view name) {
  const auto* properties = member(schema, "properties");
  return properties != nullptr ? member(*properties, name) : nullptr;
}

bool takes_null(const JsonValue& schema) {
  const auto* type = member(schema, "type");
  if (type == nullptr || !type->IsArray()) return type == nullptr;
  return std::any_of(type->Begin(), type->End(),
                     [](const JsonValue& one) { return one.IsString() && name_of(one) == "null"; });
}

// The value with this name, null or not.
const JsonValue* value_of(const JsonValue& object, std::string_view name) {
  if (!object.IsObject()) return nullptr;
  for (const auto& item : object.GetObject())
    if (name_of(item.name) == name) return &item.value;
  return nullptr;
}

// What the request's schema does not take, whatever the value is.
bool is_read_only(const JsonValue& item, const JsonValue* part) {
  return part == nullptr || (item.IsNull() && !takes_null(*part));
}

const JsonValue* items_of(const JsonValue& list, const JsonValue& schema) {
  const auto* items = member(schema, "items");
  const auto* most = member(schema, "maxItems");
  // More than may come is refused without a look inside.
  if (items == nullptr || !items->HasMember("properties")) return nullptr;
  return most != nullptr && list.Size() > most->GetUint() ? nullptr : items;
}

bool is_id(const JsonValue& schema) { return maybe_text(schema, kFormatMember) == "uuid"; }

// True if each member of `item` that nobody writes, and each of its ids, is the current one's. One with a
// member that is not known at all repeats nothing: it is refused anyway, and is not compared any further.
bool repeats(const JsonValue& item, const JsonValue& schema, const JsonValue& current) {
  for (const auto& one : item.GetObject()) {
    const auto* part = property(schema, name_of(one.name));
    const auto* now = value_of(current, name_of(one.name));
    if (part == nullptr && now == nullptr) return false;
    const bool fixed = is_read_only(one.value, part) || is_id(*part);
    if (fixed && (now == nullptr || one.value != *now)) return false;
  }
  return true;
}

bool has_ids_of(const JsonValue& item, const JsonValue& schema, const JsonValue& current) {
  return std::all_of(item.MemberBegin(), item.MemberEnd(), [&](const auto& one) {
    const auto* part = property(schema, name_of(one.name));
    const auto* now = value_of(current, name_of(one.name));
    return part == nullptr || !is_id(*part) || (now != nullptr && one.value == *now);
  });
}

class Dropper {
 public:
  explicit Dropper(const JsonValue& reply) : reply_(reply) {}
  void walk(JsonValue& body, const JsonValue& schema, const JsonValue& current, const std::string& pointer) {
    if (body.IsObject() && current.IsObject() && schema.HasMember("properties"))
      walk_object(body, schema, current, pointer);
    if (body.IsArray() && current.IsArray())
      if (const auto* items = items_of(body, schema)) walk_list(body, *items, current, pointer);
  }
  void finish() const { faults_.raise(); }

 private:
  void walk_object(JsonValue& body, const JsonValue& schema, const JsonValue& current,
                   const std::string& pointer) {
    for (auto at = body.MemberBegin(); at != body.MemberEnd();) {
      const auto name = name_of(at->name);
      const auto* part = property(schema, name);
      const auto* now = value_of(current, name);
      const bool same = now != nullptr && at->value == *now;
      // A null of a member that is written, but is not null now, is no repetition: the schema refuses it.
      if (now != nullptr && is_read_only(at->value, part) && (same || part == nullptr)) {
        if (!same && !is_live(pointer, name)) differs(pointer, name);
        at = body.EraseMember(at);
        continue;
      }
      if (now != nullptr && part != nullptr) walk(at->value, *part, *now, pointer + '/' + std::string{name});
      ++at;
    }
  }

  void walk_list(JsonValue& body, const JsonValue& items, const JsonValue& current,
                 const std::string& pointer) {
    for (rapidjson::SizeType i = 0; i < body.Size(); ++i) {
      if (!body[i].IsObject()) continue;
      const auto* same = std::find_if(current.Begin(), current.End(), [&](const JsonValue& now) {
        return now.IsObject() && repeats(body[i], items, now);
      });
      const auto at = pointer + '/' + std::to_string(i);
      if (same != current.End()) {
        walk(body[i], items, *same, at);
      } else if (i < current.Size() && current[i].IsObject()) {
        walk_changed(body[i], items, current[i], at);
      }
    }
  }

  // None of the current ones is the same. With the ids of the one in its place it is that one, changed: each
  // difference is named. With other ids it is another one, of which nothing read-only is known yet.
  void walk_changed(JsonValue& item, const JsonValue& schema, const JsonValue& current,
                    const std::string& pointer) {
    if (has_ids_of(item, schema, current)) return walk(item, schema, current, pointer);
    for (const auto& one : item.GetObject())
      if (property(schema, name_of(one.name)) == nullptr && value_of(current, name_of(one.name)) != nullptr)
        differs(pointer, name_of(one.name));
  }

  void differs(const std::string& pointer, std::string_view name) {
    faults_.add(pointer + '/' + std::string{name}, kDiffers);
  }

  // Of the representation itself: nothing inside of it is said to move.
  bool is_live(const std::string& pointer, std::string_view name) const {
    const auto* known = pointer.empty() ? property(reply_, name) : nullptr;
    return known != nullptr && known->HasMember("x-live");
  }

  const JsonValue& reply_;
  Faults faults_;
};

}  // namespace

bool sends_back(const JsonValue& body, const JsonValue& request, const JsonValue& reply) {
  if (body.IsArray()) {
    const auto* items = items_of(body, request);
    const auto* replied = member(reply, "items");
    return items != nullptr && replied != nullptr &&
           std::any_of(body.Begin(), body.End(),
                       [&](const JsonValue& item) { return sends_back(item, *items, *replied); });
  }
  if (!body.IsObject() || !request.HasMember("properties")) return false;
  return std::any_of(body.MemberBegin(), body.MemberEnd(), [&](const auto& item) {
    const auto* part = property(request, name_of(item.name));
    const auto* known = property(reply, name_of(item.name));
    if (known == nullptr) return false;
    return is_read_only(item.value, part) || sends_back(item.value, *part, *known);
  });
}

void drop_sent_back(JsonValue& body, const JsonValue& request, const JsonValue& reply,
                    const JsonValue& current) {
  Dropper dropper{reply};
  dropper.walk(body, request, current, "");
  dropper.finish();
}

}  // namespace tenantd::api
