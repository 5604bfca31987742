// Reading and writing JSON (RFC 8259) with RapidJSON.
#pragma once

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <optional>
#include <string>
#include <string_view>

#include "tenantd/base/id.hpp"
#include "tenantd/base/time.hpp"

namespace tenantd::api {

using Json = rapidjson::Document;
using JsonValue = rapidjson::Value;

// Returns the document; a UTF-8 mark is passed over. Throws ApiError: malformed_json (syntax, UTF-8,
// duplicate members, more than 32 levels, text after the value), validation_failed (a number beyond double).
Json parse_json(const std::string& text);

// Builds one JSON text front to back.
class JsonOut {
 public:
  JsonOut& begin_object() { return writer_.StartObject(), *this; }
  JsonOut& end_object() { return writer_.EndObject(), *this; }
  JsonOut& begin_array() { return writer_.StartArray(), *this; }
  JsonOut& end_array() { return writer_.EndArray(), *this; }
  JsonOut& key(std::string_view name) { return writer_.Key(name.data(), length(name)), *this; }

  JsonOut& value(std::string_view v) { return writer_.String(v.data(), length(v)), *this; }
  JsonOut& value(const char* v) { return value(std::string_view{v}); }
  JsonOut& value(const std::string& v) { return value(std::string_view{v}); }
  JsonOut& value(bool v) { return writer_.Bool(v), *this; }
  JsonOut& value(std::int64_t v) { return writer_.Int64(v), *this; }
  JsonOut& value(int v) { return writer_.Int(v), *this; }
  JsonOut& value(std::size_t v) { return writer_.Uint64(v), *this; }
  JsonOut& value(std::nullptr_t) { return writer_.Null(), *this; }
  JsonOut& value(TimePoint v) { return value(unix_seconds(v)); }
  template <class Tag>
  JsonOut& value(const Id<Tag>& v) {
    return value(v.str());
  }
  template <class T>
  JsonOut& value(const std::optional<T>& v) {
    return v ? value(*v) : value(nullptr);
  }
  // JSON text that is known to be well-formed, such as a JSON column.
  JsonOut& raw(std::string_view json) {
    return writer_.RawValue(json.data(), json.size(), rapidjson::kObjectType), *this;
  }

  template <class T>
  JsonOut& field(std::string_view name, const T& v) {
    return key(name).value(v);
  }

  std::string text() const { return {buffer_.GetString(), buffer_.GetSize()}; }

 private:
  static rapidjson::SizeType length(std::string_view v) { return static_cast<rapidjson::SizeType>(v.size()); }
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

// Members of a validated body. An absent or null member is nullopt.
std::optional<std::string> maybe_text(const JsonValue& object, std::string_view name);
// Throws ApiError(validation_failed) if it is absent: use where the schema requires it.
std::string text(const JsonValue& object, std::string_view name);
// Returns the member as compact JSON text, or `fallback`.
std::string json_text(const JsonValue& object, std::string_view name, std::string fallback);
const JsonValue* member(const JsonValue& object, std::string_view name);
// A whole number, or nullopt if it is absent or null.
std::optional<std::int64_t> maybe_integer(const JsonValue& object, std::string_view name);
// A member that is null on purpose, which says something else than one that is absent.
bool is_null(const JsonValue& object, std::string_view name);
// Returns the time that a member of whole seconds spells.
std::optional<TimePoint> maybe_time(const JsonValue& object, std::string_view name);

// Returns the id that a member spells, or nullopt if it is absent. Throws ApiError(validation_failed) if it
// is no UUID.
template <class AnyId>
std::optional<AnyId> maybe_id(const JsonValue& object, std::string_view name);
template <class AnyId>
AnyId id(const JsonValue& object, std::string_view name);

// What is wrong with a value under this name that is no id: "must be a UUID", and the path that lists such
// ids (src/api/id_words.cpp).
std::string id_words(std::string_view name);

[[noreturn]] void refuse_field(const std::string& pointer, const std::string& detail);

template <class AnyId>
std::optional<AnyId> maybe_id(const JsonValue& object, std::string_view name) {
  const auto typed = maybe_text(object, name);
  if (!typed) return std::nullopt;
  const auto parsed = AnyId::parse(*typed);
  if (!parsed) refuse_field("/" + std::string{name}, id_words(name));
  return parsed;
}

template <class AnyId>
AnyId id(const JsonValue& object, std::string_view name) {
  const auto parsed = maybe_id<AnyId>(object, name);
  if (!parsed) refuse_field("/" + std::string{name}, "is required");
  return *parsed;
}

}  // namespace tenantd::api
