#include "tenantd/base/json_read.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/pointer.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tenantd/base/json_place.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::json {
namespace {

// Counts brackets outside strings, so that the depth is known before anything recurses or allocates by it.
bool too_deep(std::string_view text, int most) {
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
      if (++depth > most) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

// An escaped surrogate without its other half ("\\udc00") leaves bytes that are no UTF-8.
void refuse_half_characters(const Value& text) {
  if (!is_utf8(view(text))) throw ReadError("The body escapes half a character");
}

constexpr unsigned kStrict = rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag;

[[noreturn]] void refuse_syntax(rapidjson::ParseErrorCode code, std::size_t offset) {
  throw ReadError(std::string{rapidjson::GetParseError_En(code)} + " (byte " + std::to_string(offset) + ")");
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

using Stream = rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream>;

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

[[noreturn]] void refuse_number(std::string pointer) {
  throw ReadError("must be a number that a double can hold", std::move(pointer));
}

// `before`: the text up to the number, which has been read once already.
std::string pointer_behind(std::string_view before) {
  WayFinder finder;
  rapidjson::Reader reader;
  rapidjson::MemoryStream memory{before.data(), before.size()};
  Stream in{memory};
  reader.Parse<kStrict>(in, finder);
  return finder.pointer();
}

void refuse_faults(const Value& value, const Place& place) {
  if (value.IsString()) return refuse_half_characters(value);
  // RapidJSON lets 10e308 through as infinity.
  if (value.IsDouble() && !std::isfinite(value.GetDouble())) refuse_number(place.pointer());
  if (value.IsArray()) {
    for (rapidjson::SizeType i = 0; i < value.Size(); ++i) refuse_faults(value[i], Place{place, i});
    return;
  }
  if (!value.IsObject()) return;
  for (const auto& item : value.GetObject()) {
    refuse_half_characters(item.name);
    refuse_faults(item.value, Place{place, view(item.name)});
  }
  if (names_twice(value)) throw ReadError("The body names a member twice");
}

Document parse(std::string_view body, int depth) {
  // RapidJSON takes a NUL for the end of the text.
  if (body.find('\0') != std::string_view::npos) throw ReadError("The body holds a NUL");
  const auto text = without_mark(body);
  if (too_deep(text, depth)) throw ReadError("The body is nested too deeply");
  Document document;
  document.Parse<kStrict>(text.data(), text.size());
  if (document.HasParseError()) {
    if (document.GetParseError() == rapidjson::kParseErrorNumberTooBig)
      refuse_number(pointer_behind(text.substr(0, document.GetErrorOffset())));
    refuse_syntax(document.GetParseError(), document.GetErrorOffset());
  }
  return document;
}

// Stops at the text that it looks for.
class TextFinder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, TextFinder> {
 public:
  explicit TextFinder(std::string_view name) : name_(name) {}
  const std::string& found() const { return found_; }

  bool Default() {
    is_next_ = false;
    return true;
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    is_next_ = depth_ == 1 && std::string_view{text, length} == name_;
    return true;
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    if (is_next_) found_.assign(text, length);
    return !is_next_;
  }
  bool StartObject() { return enter(); }
  bool StartArray() { return enter(); }
  bool EndObject(rapidjson::SizeType) { return --depth_, true; }
  bool EndArray(rapidjson::SizeType) { return --depth_, true; }

 private:
  // Of a list outside all objects no member is the body's own.
  bool enter() {
    is_next_ = false;
    ++depth_;
    return true;
  }

  std::string_view name_;
  int depth_ = 0;
  bool is_next_ = false;
  std::string found_;
};

template <class To>
std::string written(const Value& value, To&& writer, rapidjson::StringBuffer& buffer) {
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace

Document read_body(std::string_view text) {
  auto document = parse(text, kMaxDepth);
  refuse_faults(document, {});
  return document;
}

std::optional<Document> read(std::string_view text, int depth) try {
  return parse(text, depth);
} catch (const ReadError&) {
  return std::nullopt;
}

std::optional<Document> read_object(std::string_view text) {
  auto document = read(text);
  return document && document->IsObject() ? std::move(document) : std::nullopt;
}

std::string find_text(std::string_view json, std::string_view name) {
  TextFinder finder{name};
  rapidjson::Reader reader;
  rapidjson::MemoryStream memory{json.data(), json.size()};
  Stream in{memory};
  reader.Parse<rapidjson::kParseIterativeFlag>(in, finder);
  return finder.found();
}

// Sorted, not hashed: no choice of names makes it slower.
bool names_twice(const Value& object) {
  std::vector<std::string_view> names;
  names.reserve(object.MemberCount());
  for (const auto& item : object.GetObject()) names.push_back(view(item.name));
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

std::string_view view(const Value& text) { return {text.GetString(), text.GetStringLength()}; }

const Value* find(const Value& object, std::string_view name) {
  if (!object.IsObject()) return nullptr;
  const auto found = object.FindMember(
      Value{rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))});
  return found == object.MemberEnd() ? nullptr : &found->value;
}

const Value* member(const Value& object, std::string_view name) {
  const auto* value = find(object, name);
  return value == nullptr || value->IsNull() ? nullptr : value;
}

bool is_null(const Value& object, std::string_view name) {
  const auto* value = find(object, name);
  return value != nullptr && value->IsNull();
}

std::optional<std::string> maybe_text(const Value& object, std::string_view name) {
  const auto* value = find(object, name);
  if (value == nullptr || !value->IsString()) return std::nullopt;
  return std::string{view(*value)};
}

std::string text_of(const Value& object, std::string_view name) {
  return maybe_text(object, name).value_or("");
}

const Value* at(const Value& document, const std::string& pointer) {
  const rapidjson::Pointer parsed{pointer};
  return parsed.IsValid() ? parsed.Get(document) : nullptr;
}

std::string compact(const Value& value) {
  rapidjson::StringBuffer buffer;
  return written(value, rapidjson::Writer<rapidjson::StringBuffer>{buffer}, buffer);
}

std::string indented(std::string_view json) {
  const auto document = read(json, std::numeric_limits<int>::max());
  if (!document) throw std::runtime_error("what is to be indented is no JSON");
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer{buffer};
  writer.SetIndent(' ', 2);
  return written(*document, writer, buffer);
}

}  // namespace tenantd::json
