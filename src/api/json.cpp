#include "tenantd/api/json.hpp"

#include <rapidjson/error/en.h>

#include <algorithm>
#include <vector>

#include "tenantd/base/text.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api {
namespace {

constexpr int kMaxDepth = 32;

// Counts brackets outside strings, so that the depth is known before anything recurses or allocates by it.
bool too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxDepth) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

std::string_view view(const JsonValue& value) { return {value.GetString(), value.GetStringLength()}; }

// An escaped surrogate without its other half ("\\udc00") leaves bytes that are no UTF-8.
void refuse_half_characters(const JsonValue& text) {
  if (!is_utf8(view(text))) throw ApiError(ErrorCode::malformed_json, "The body escapes half a character");
}

void refuse_faults(const JsonValue& value) {
  if (value.IsString()) return refuse_half_characters(value);
  if (value.IsArray()) {
    for (const auto& item : value.GetArray()) refuse_faults(item);
    return;
  }
  if (!value.IsObject()) return;
  std::vector<std::string_view> names;
  names.reserve(value.MemberCount());
  for (const auto& item : value.GetObject()) {
    refuse_half_characters(item.name);
    names.push_back(view(item.name));
    refuse_faults(item.value);
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) throw ApiError(ErrorCode::malformed_json, "The body names a member twice");
}

}  // namespace

Json parse_json(const std::string& text) {
  // RapidJSON takes a NUL for the end of the text.
  if (text.find('\0') != std::string::npos) throw ApiError(ErrorCode::malformed_json, "The body holds a NUL");
  if (too_deep(text)) throw ApiError(ErrorCode::malformed_json, "The body is nested too deeply");
  Json document;
  document.Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag>(text.data(),
                                                                                         text.size());
  if (document.HasParseError()) {
    throw ApiError(ErrorCode::malformed_json,
                   std::string{rapidjson::GetParseError_En(document.GetParseError())} + " (byte " +
                       std::to_string(document.GetErrorOffset()) + ")");
  }
  refuse_faults(document);
  return document;
}

const JsonValue* member(const JsonValue& object, std::string_view name) {
  if (!object.IsObject()) return nullptr;
  const auto found = object.FindMember(
      JsonValue{rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))});
  if (found == object.MemberEnd() || found->value.IsNull()) return nullptr;
  return &found->value;
}

std::optional<std::int64_t> maybe_integer(const JsonValue& object, std::string_view name) {
  const auto* value = member(object, name);
  if (value == nullptr) return std::nullopt;
  return value->GetInt64();
}

bool is_null(const JsonValue& object, std::string_view name) {
  if (!object.IsObject()) return false;
  const auto found = object.FindMember(
      JsonValue{rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))});
  return found != object.MemberEnd() && found->value.IsNull();
}

std::optional<std::string> maybe_text(const JsonValue& object, std::string_view name) {
  const auto* value = member(object, name);
  if (value == nullptr || !value->IsString()) return std::nullopt;
  return std::string{view(*value)};
}

std::optional<TimePoint> maybe_time(const JsonValue& object, std::string_view name) {
  const auto* value = member(object, name);
  if (value == nullptr) return std::nullopt;
  return from_unix(value->GetInt64());
}

std::string text(const JsonValue& object, std::string_view name) {
  auto value = maybe_text(object, name);
  if (!value) refuse_field("/" + std::string{name}, "is required");
  return *std::move(value);
}

std::string json_text(const JsonValue& object, std::string_view name, std::string fallback) {
  const auto* value = member(object, name);
  if (value == nullptr) return fallback;
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  value->Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

void refuse_field(const std::string& pointer, const std::string& detail) {
  throw ApiError(ErrorCode::validation_failed).field(pointer, detail);
}

}  // namespace tenantd::api
