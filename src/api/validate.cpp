#include "tenantd/api/validate.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

// Without it Valijson aborts the process where it could throw. Its adapter would also redefine RapidJSON's
// assertions, in this file alone: so only here.
#define VALIJSON_USE_EXCEPTIONS 1
#include <valijson/exceptions.hpp>
#undef VALIJSON_USE_EXCEPTIONS

#include <valijson/adapters/rapidjson_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "fault_words.hpp"
#include "schema_files.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api {
namespace {

using valijson::adapters::RapidJsonAdapter;

constexpr std::size_t kMaxReported = 20;

// RFC 6901: "~" and "/" in a member's name are escaped.
std::string escape_pointer(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

// Valijson's context is "<root>", "[email]", "[0]", …
Steps steps_of(const std::vector<std::string>& context) {
  Steps steps;
  for (const auto& step : context)
    if (step.size() >= 2 && step.front() == '[') steps.push_back(step.substr(1, step.size() - 2));
  return steps;
}

std::string pointer_of(const Steps& steps) {
  std::string pointer;
  for (const auto& step : steps) pointer += '/' + escape_pointer(step);
  return pointer;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::string_view view(const JsonValue& text) { return {text.GetString(), text.GetStringLength()}; }

// Passwords are members of the body itself; what free-form data calls so is none.
bool is_password(const std::string& parent, std::string_view name) {
  return parent.empty() && (name == "password" || name == "new_password" || name == "current_password");
}

void refuse_controls(const JsonValue& value, const std::string& pointer, ApiError& error, bool& found) {
  const auto refuse = [&](const std::string& at) {
    if (error.fields().size() >= kMaxReported) return;
    error.add_field(at, "must hold no control characters");
    found = true;
  };
  if (value.IsString()) {
    if (has_control(view(value))) refuse(pointer);
  } else if (value.IsArray()) {
    for (rapidjson::SizeType i = 0; i < value.Size(); ++i)
      refuse_controls(value[i], pointer + '/' + std::to_string(i), error, found);
  } else if (value.IsObject()) {
    for (const auto& item : value.GetObject()) {
      const auto name = view(item.name);
      if (has_control(name)) refuse(pointer);
      if (is_password(pointer, name) && item.value.IsString()) continue;
      refuse_controls(item.value, pointer + '/' + escape_pointer(name), error, found);
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

// Puts what {"$ref": "name"} names in its place: src/schema/name.json. Parts that several schemas share stand
// in one file; no schema may hold itself.
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
    rapidjson::Document document;
    valijson::Schema schema;
  };
  std::map<std::string, std::unique_ptr<Entry>, std::less<>> entries;

  const Entry& at(std::string_view name) const {
    const auto found = entries.find(name);
    if (found == entries.end()) throw std::logic_error("no schema named " + std::string{name});
    return *found->second;
  }
};

Schemas::Schemas() : impl_(std::make_unique<Impl>()) {
  for (const auto& file : embedded::schemas()) {
    const std::string name{schema_name(file)};
    auto entry = std::make_unique<Impl::Entry>();
    entry->document = schema_document(name);
    expand_refs(entry->document, entry->document.GetAllocator());
    drop_formats(entry->document, name.starts_with("reply/"), entry->document.GetAllocator());
    valijson::SchemaParser parser{valijson::SchemaParser::kDraft7};
    try {
      parser.populateSchema(RapidJsonAdapter{entry->document}, entry->schema);
    } catch (const std::exception& e) {
      throw std::runtime_error("schema " + name + ": " + e.what());
    }
    impl_->entries.emplace(name, std::move(entry));
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
  ApiError error{ErrorCode::validation_failed};
  bool found = false;
  valijson::Validator validator{valijson::Validator::kStrongTypes};
  valijson::ValidationResults results;
  const RapidJsonAdapter target{document};
  if (!validator.validate(entry.schema, target, &results)) {
    found = true;
    std::size_t seen = 0;
    valijson::ValidationResults::Error fault;
    // The last faults are the outermost, which only say that something inside is wrong.
    while (seen < kMaxReported && results.popError(fault)) {
      const auto steps = steps_of(fault.context);
      const bool summary =
          fault.description.starts_with("Failed to validate against schema associated with property");
      if (summary && seen > 0) continue;
      const auto words = fault_words(fault.description, entry.document, steps);
      if (!words) continue;
      ++seen;
      error.add_field(pointer_of(steps), *words);
    }
  }
  // Texts of another system under its own signature, read and not kept, and files whose rows are checked.
  if (!entry.document.HasMember("x-controls")) refuse_controls(document, "", error, found);
  if (found) throw ApiError{error};
}

Json Schemas::check_query(std::string_view name, const http::Pairs& query) const {
  const auto& schema = impl_->at(name).document;
  const auto& properties = schema["properties"];
  Json typed;
  typed.SetObject();
  for (const auto& [key, value] : query) {
    const auto* property = member(properties, key);
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
    check(name, typed);
  } catch (const ApiError& e) {
    ApiError renamed{ErrorCode::validation_failed};
    for (const auto& fault : e.fields())
      renamed.add_field("?" + (fault.pointer.empty() ? "" : fault.pointer.substr(1)), fault.detail);
    throw ApiError{renamed};
  }
  return typed;
}

}  // namespace tenantd::api
