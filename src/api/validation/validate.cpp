#include "tenantd/api/validate.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "api/schema_files.hpp"
#include "api/validation/bounds.hpp"
#include "api/validation/fault_words.hpp"
#include "api/validation/faults.hpp"
#include "api/validation/schema_part.hpp"
#include "api/validation/texts.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api {
namespace {

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

// Passwords are members of the body itself; what free-form data calls so is none.
bool is_password(const Place& parent, std::string_view name) {
  return parent.is_root() && (name == "password" || name == "new_password" || name == "current_password");
}

void refuse_controls(const JsonValue& value, const Place& place, Faults& faults) {
  constexpr const char* kWords = "must hold no control characters";
  if (faults.full()) return;
  if (value.IsString()) {
    if (has_control(view(value))) faults.add(place.pointer(), kWords);
  } else if (value.IsArray()) {
    for (rapidjson::SizeType i = 0; i < value.Size(); ++i) refuse_controls(value[i], Place{place, i}, faults);
  } else if (value.IsObject()) {
    for (const auto& item : value.GetObject()) {
      const auto name = view(item.name);
      if (has_control(name)) faults.add(place.pointer(), kWords);
      if (is_password(place, name) && item.value.IsString()) continue;
      refuse_controls(item.value, Place{place, name}, faults);
    }
  }
}

constexpr const char* kUuid = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

// Formats are for readers: Valijson 1.0 fails on any value under `format` that is no string, and the handlers
// parse addresses and ids into types of their own. Nobody parses the ids of a reply: there the one spelling
// that ids are written in becomes a pattern.
void drop_formats(JsonValue& schema, bool is_reply, rapidjson::Document::AllocatorType& memory) {
  if (schema.IsArray()) {
    for (auto& item : schema.GetArray()) drop_formats(item, is_reply, memory);
  } else if (schema.IsObject()) {
    const auto format = maybe_text(schema, "format");
    if (format) schema.RemoveMember("format");
    if (format) schema.AddMember(rapidjson::StringRef(kFormatMember), JsonValue{*format, memory}, memory);
    if (is_reply && format == "uuid") schema.AddMember("pattern", rapidjson::StringRef(kUuid), memory);
    for (auto& item : schema.GetObject()) drop_formats(item.value, is_reply, memory);
  }
}

// Puts what {"$ref": "name"} names in its place: name.json of any schema/ folder. Parts that several schemas
// share stand in one file; no schema may hold itself.
void expand_refs(JsonValue& schema, rapidjson::Document::AllocatorType& memory, int depth = 0) {
  if (depth > 40) throw std::runtime_error("a schema refers to itself");
  if (schema.IsArray()) {
    for (auto& item : schema.GetArray()) expand_refs(item, memory, depth + 1);
  } else if (schema.IsObject()) {
    if (const auto* ref = member(schema, "$ref"); ref != nullptr && ref->IsString()) {
      const Json part = schema_document(view(*ref));
      schema.CopyFrom(part, memory);
      return expand_refs(schema, memory, depth + 1);
    }
    for (auto& item : schema.GetObject()) expand_refs(item.value, memory, depth + 1);
  }
}

}  // namespace

struct Schemas::Impl {
  struct Entry {
    Json document;
    std::optional<Bounds> bounds;  // none for replies, which are our own and judged by tests alone
    std::optional<SchemaPart> part;
    std::optional<Texts> texts;  // none for replies

    void compile(std::string_view name);
  };
  std::map<std::string, Entry, std::less<>> entries;

  const Entry& at(std::string_view name) const {
    const auto found = entries.find(name);
    if (found == entries.end()) throw std::logic_error("no schema named " + std::string{name});
    return found->second;
  }
};

void Schemas::Impl::Entry::compile(std::string_view name) {
  const bool is_reply = name.starts_with("reply/");
  document = schema_document(name);
  auto& memory = document.GetAllocator();
  expand_refs(document, memory);
  drop_formats(document, is_reply, memory);
  if (is_reply) {
    part.emplace(document, SchemaPart::Lists::whole);
    return;
  }
  bounds.emplace(document);
  texts.emplace(document);
  Json rest;
  rest.CopyFrom(document, rest.GetAllocator());
  drop_bounds(rest);
  part.emplace(rest, SchemaPart::Lists::apart);
}

Schemas::Schemas() : impl_(std::make_unique<Impl>()) {
  for (const auto& file : schema_files()) {
    const auto name = schema_name(file);
    try {
      impl_->entries[std::string{name}].compile(name);
    } catch (const std::exception& e) {
      throw std::runtime_error("schema " + std::string{name} + ": " + e.what());
    }
  }
}

Schemas::~Schemas() = default;

bool Schemas::knows(std::string_view name) const { return impl_->entries.contains(name); }

const JsonValue& Schemas::document(std::string_view name) const { return impl_->at(name).document; }

bool Schemas::is_optional(std::string_view name) const {
  return impl_->at(name).document.HasMember("x-optional");
}

void Schemas::check(std::string_view name, const JsonValue& document) const {
  const auto& entry = impl_->at(name);
  const Place root;
  Faults faults;
  if (entry.bounds) entry.bounds->check_sizes(document, root, faults);
  faults.raise();
  entry.part->check(document, root, faults);
  if (entry.bounds) entry.bounds->check_patterns(document, root, faults);
  // Texts of another system under its own signature, read and not kept, and files whose rows are checked.
  if (!entry.document.HasMember("x-controls")) refuse_controls(document, root, faults);
  faults.raise();
}

void Schemas::take(std::string_view name, Json& document) const {
  check(name, document);
  const auto& entry = impl_->at(name);
  ApiError error{ErrorCode::validation_failed};
  if (entry.texts) entry.texts->tidy(document, document.GetAllocator(), "", error);
  if (!error.fields().empty()) throw ApiError{error};
}

Json Schemas::check_query(std::string_view name, const http::Pairs& query) const {
  const auto& schema = impl_->at(name).document;
  const auto& properties = schema["properties"];
  // A standard may say so: what it does not know it does not look at.
  const auto* more = member(schema, "additionalProperties");
  const bool takes_others = more != nullptr && more->IsTrue();
  Json typed;
  typed.SetObject();
  for (const auto& [key, value] : query) {
    const auto* property = member(properties, key);
    if (property == nullptr && takes_others) continue;
    if (property == nullptr) refuse_field("?" + key, "is no parameter of this path");
    const std::string type = maybe_text(*property, "type").value_or("string");
    JsonValue converted;
    if (type == "integer") {
      const auto number = parse_int(value);
      if (!number) refuse_field("?" + key, "must be a whole number");
      converted.SetInt64(*number);
    } else if (type == "boolean") {
      if (value != "true" && value != "false") refuse_field("?" + key, "must be true or false");
      converted.SetBool(value == "true");
    } else {
      converted.SetString(value, typed.GetAllocator());
    }
    typed.AddMember(JsonValue{key, typed.GetAllocator()}, converted, typed.GetAllocator());
  }
  try {
    take(name, typed);
  } catch (const ApiError& e) {
    ApiError renamed{ErrorCode::validation_failed};
    for (const auto& fault : e.fields())
      renamed.add_field("?" + (fault.pointer.empty() ? "" : fault.pointer.substr(1)), fault.detail);
    throw ApiError{renamed};
  }
  return typed;
}

}  // namespace tenantd::api
