#include "tenantd/api/json.hpp"

#include "tenantd/domain/error.hpp"

namespace tenantd::api {

Json parse_json(std::string_view text) try {
  return json::read_body(text);
} catch (const json::ReadError& e) {
  if (e.number()) refuse_field(*e.number(), e.what());
  throw ApiError(ErrorCode::malformed_json, e.what());
}

std::optional<std::int64_t> maybe_integer(const JsonValue& object, std::string_view name) {
  const auto* value = member(object, name);
  if (value == nullptr) return std::nullopt;
  return value->GetInt64();
}

std::optional<TimePoint> maybe_time(const JsonValue& object, std::string_view name) {
  const auto seconds = maybe_integer(object, name);
  return seconds ? std::optional{from_unix(*seconds)} : std::nullopt;
}

std::string text(const JsonValue& object, std::string_view name) {
  auto value = maybe_text(object, name);
  if (!value) refuse_field("/" + std::string{name}, "is required");
  return *std::move(value);
}

std::string json_text(const JsonValue& object, std::string_view name, std::string fallback) {
  const auto* value = member(object, name);
  return value != nullptr ? json::compact(*value) : std::move(fallback);
}

void refuse_field(const std::string& pointer, const std::string& detail) {
  throw ApiError(ErrorCode::validation_failed).field(pointer, detail);
}

}  // namespace tenantd::api
