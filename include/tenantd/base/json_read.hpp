// Reading JSON (RFC 8259) into a tree, with RapidJSON. A text that is nested deeper than kMaxDepth, holds a
// NUL or is not UTF-8 is no JSON here; a byte order mark in front is passed over.
#pragma once

#include <rapidjson/document.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tenantd::json {

using Document = rapidjson::Document;
using Value = rapidjson::Value;

inline constexpr int kMaxDepth = 32;

// Why read_body() refuses a text, in words for its sender.
class ReadError : public std::runtime_error {
 public:
  explicit ReadError(const std::string& words, std::optional<std::string> number = std::nullopt)
      : std::runtime_error(words), number_(std::move(number)) {}
  // The JSON Pointer of a number that no double holds, if that is what is wrong.
  const std::optional<std::string>& number() const { return number_; }

 private:
  std::optional<std::string> number_;
};

// Returns the document of a text from a stranger, who may mean two readers to understand two things. Throws
// ReadError, also for a member that is named twice, a half of a character, and a number beyond double.
Document read_body(std::string_view text);

// Returns the document, or nullopt if the text is no JSON. `depth`: for a text of our own that is deeper.
std::optional<Document> read(std::string_view text, int depth = kMaxDepth);
// The same; nullopt if it is no object.
std::optional<Document> read_object(std::string_view text);
// Returns the text of the outermost object's first member of this name, read no further than to it; "" if
// there is none.
std::string find_text(std::string_view json, std::string_view name);

// Of an object's own members, not of those inside them.
bool names_twice(const Value& object);

std::string_view view(const Value& text);
// Returns the member; nullptr if it is absent or `object` is none.
const Value* find(const Value& object, std::string_view name);
// The same; nullptr also if it is null.
const Value* member(const Value& object, std::string_view name);
// A member that is null on purpose, which says something else than one that is absent.
bool is_null(const Value& object, std::string_view name);
// Returns the member's text; nullopt if it is absent or no text.
std::optional<std::string> maybe_text(const Value& object, std::string_view name);
// The same; "" if it is absent or no text.
std::string text_of(const Value& object, std::string_view name);
// Returns what a JSON Pointer (RFC 6901) leads to; nullptr if nothing, or if it is none.
const Value* at(const Value& document, const std::string& pointer);

// Returns JSON text without blanks.
std::string compact(const Value& value);
// Returns the same text in lines, two blanks a level. Throws std::runtime_error if it is no JSON.
std::string indented(std::string_view json);

}  // namespace tenantd::json
