// Bodies: what base/json reads, with ApiErrors for what is wrong.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tenantd/base/id.hpp"
#include "tenantd/base/json.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/time.hpp"

namespace tenantd::api {

using Json = json::Document;
using JsonValue = json::Value;
using JsonOut = json::Writer;
using json::is_null;
using json::maybe_text;
using json::member;
using json::view;

// Returns the document; a UTF-8 mark is passed over. Throws ApiError: malformed_json (syntax, UTF-8,
// duplicate members, more than 32 levels, text after the value), validation_failed (a number beyond double).
Json parse_json(std::string_view text);

// Members of a validated body. An absent or null member is nullopt.
// Throws ApiError(validation_failed) if it is absent: use where the schema requires it.
std::string text(const JsonValue& object, std::string_view name);
// Returns the member as compact JSON text, or `fallback`.
std::string json_text(const JsonValue& object, std::string_view name, std::string fallback);
// A whole number, or nullopt if it is absent or null.
std::optional<std::int64_t> maybe_integer(const JsonValue& object, std::string_view name);
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
