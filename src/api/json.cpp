#include "tenantd/api/json.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "api/validation/faults.hpp"
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

constexpr unsigned kStrict = rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag;

[[noreturn]] void refuse_syntax(rapidjson::ParseErrorCode code, std::size_t offset) {
  throw ApiError(ErrorCode::malformed_json,
                 std::string{rapidjson::GetParseError_En(code)} + " (byte " + std::to_string(offset) + ")");
}

// RFC 8259 section 8.1: a reader may pass over the mark that some editors put in front. RapidJSON would also
// pass over a part of it.
std::string_view without_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  if (!text.empty() && static_cast<unsigned char>(text.front()) >= 0x80)
    refuse_syntax(rapidjson::kParseErrorValueInvalid, 0);
  return text;
}

// Keeps the way to the value that comes next.
class WayFinder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, WayFinder> {
 public:
  bool Default() { return next(); }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    way_.back().name.assign(text, length);
    return true;
  }
  bool StartObject() { return way_.push_back({}), true; }
  bool StartArray() { return way_.push_back({{}, 0}), true; }
  bool EndObject(rapidjson::SizeType) { return way_.pop_back(), next(); }
  bool EndArray(rapidjson::SizeType) { return way_.pop_back(), next(); }

  std::string pointer(std::size_t depth = 0, const Place& place = {}) const {
    if (depth == way_.size()) return place.pointer();
    const auto& step = way_[depth];
    return pointer(depth + 1, step.index ? Place{place, *step.index} : Place{place, step.name});
  }

 private:
  struct Step {
    std::string name;
    std::optional<std::size_t> index;  // of an array's item
  };

  bool next() {
    if (!way_.empty() && way_.back().index) ++*way_.back().index;
    return true;
  }

  std::vector<Step> way_;
};

[[noreturn]] void refuse_number(const std::string& pointer) {
  refuse_field(pointer, "must be a number that a double can hold");
}

// `before`: the text up to the number, which has been read once already.
std::string pointer_behind(std::string_view before) {
  WayFinder finder;
  rapidjson::Reader reader;
  rapidjson::MemoryStream memory{before.data(), before.size()};
  rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> in{memory};
  reader.Parse<kStrict>(in, finder);
  return finder.pointer();
}

void refuse_faults(const JsonValue& value, const Place& place) {
  if (value.IsString()) return refuse_half_characters(value);
  // RapidJSON lets 10e308 through as infinity.
  if (value.IsDouble() && !std::isfinite(value.GetDouble())) refuse_number(place.pointer());
  if (value.IsArray()) {
    for (rapidjson::SizeType i = 0; i < value.Size(); ++i) refuse_faults(value[i], Place{place, i});
    return;
  }
  if (!value.IsObject()) return;
  std::vector<std::string_view> names;
  names.reserve(value.MemberCount());
  for (const auto& item : value.GetObject()) {
    refuse_half_characters(item.name);
    names.push_back(view(item.name));
    refuse_faults(item.value, Place{place, view(item.name)});
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) throw ApiError(ErrorCode::malformed_json, "The body names a member twice");
}

}  // namespace

Json parse_json(const std::string& body) {
  // RapidJSON takes a NUL for the end of the text.
  if (body.find('\0') != std::string::npos) throw ApiError(ErrorCode::malformed_json, "The body holds a NUL");
  const auto text = without_mark(body);
  if (too_deep(text)) throw ApiError(ErrorCode::malformed_json, "The body is nested too deeply");
  Json document;
  document.Parse<kStrict>(text.data(), text.size());
  if (document.HasParseError()) {
    if (document.GetParseError() == rapidjson::kParseErrorNumberTooBig)
      refuse_number(pointer_behind(text.substr(0, document.GetErrorOffset())));
    refuse_syntax(document.GetParseError(), document.GetErrorOffset());
  }
  refuse_faults(document, {});
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
