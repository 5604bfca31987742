// Writing JSON (RFC 8259) front to back. Reading it: json_read.hpp.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/base/id.hpp"
#include "tenantd/base/time.hpp"

namespace tenantd::json {

// Returns `text`, which is UTF-8, as a JSON string with its quotes.
std::string quoted(std::string_view text);
// The same for whoever reads it in a terminal (ASVS V16.4.1): DEL, the C1 controls and the line separators
// U+2028 and U+2029 are escaped as well, and bytes that are not UTF-8 are replaced by U+FFFD.
std::string quoted_for_terminal(std::string_view text);
// Returns JSON text with the same characters escaped. Outside of strings there are none.
std::string for_terminal(std::string_view json);

class Writer;
// A type of another room is written by its write_json(Writer&, const T&), found beside the type.
template <class T>
concept Writable = requires(Writer& writer, const T& v) {
  write_json(writer, v);
};

// Builds one JSON text. What is begun must be ended, and an object's members have keys: nothing checks it.
class Writer {
 public:
  Writer& begin_object() { return open('{'); }
  Writer& end_object() { return close('}'); }
  Writer& begin_array() { return open('['); }
  Writer& end_array() { return close(']'); }
  Writer& key(std::string_view name);

  Writer& value(std::string_view v);
  Writer& value(const char* v) { return value(std::string_view{v}); }
  Writer& value(const std::string& v) { return value(std::string_view{v}); }
  Writer& value(bool v) { return raw(v ? "true" : "false"); }
  Writer& value(std::int64_t v) { return raw(std::to_string(v)); }
  Writer& value(int v) { return raw(std::to_string(v)); }
  Writer& value(std::size_t v) { return raw(std::to_string(v)); }
  Writer& value(std::nullptr_t) { return raw("null"); }
  Writer& value(TimePoint v) { return value(unix_seconds(v)); }
  template <class Tag>
  Writer& value(const Id<Tag>& v) {
    return value(v.str());
  }
  // Absent is null.
  template <class T>
  Writer& value(const std::optional<T>& v) {
    return v ? value(*v) : value(nullptr);
  }
  template <class T>
  Writer& value(const std::vector<T>& list) {
    begin_array();
    for (const auto& each : list) value(each);
    return end_array();
  }
  template <Writable T>
  Writer& value(const T& v) {
    write_json(*this, v);
    return *this;
  }
  // JSON text that is known to be well-formed, such as a JSON column.
  Writer& raw(std::string_view json);

  template <class T>
  Writer& field(std::string_view name, const T& v) {
    return key(name).value(v);
  }

  const std::string& text() const { return text_; }

 private:
  Writer& open(char bracket);
  Writer& close(char bracket) { return text_ += bracket, *this; }
  void separate();

  std::string text_;
};

// An object that grows member by member, to be kept, copied and put into another.
class Object {
 public:
  template <class T>
  Object& set(std::string_view name, const T& v) {
    return members_.field(name, v), *this;
  }
  // JSON text that is known to be well-formed.
  Object& raw(std::string_view name, std::string_view json) { return members_.key(name).raw(json), *this; }

  bool empty() const { return members_.text().empty(); }
  std::string text() const { return '{' + members_.text() + '}'; }

 private:
  Writer members_;
};

inline void write_json(Writer& writer, const Object& object) { writer.raw(object.text()); }

}  // namespace tenantd::json
