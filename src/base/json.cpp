#include "tenantd/base/json.hpp"

#include <array>
#include <cstdio>

#include "tenantd/base/text.hpp"

namespace tenantd::json {
namespace {

// How the short escapes read that both kinds of readers get, and those that terminals' readers do not.
constexpr std::string_view kShort = "\"\\\n\r\t\b\f", kLetters = "\"\\nrtbf";
constexpr std::size_t kShortForTerminal = 5;

bool must_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

void append_escape(std::string& out, char c, std::size_t short_escapes, const char* other) {
  if (const auto at = kShort.find(c); at < short_escapes) {
    out.append(1, '\\').append(1, kLetters[at]);
    return;
  }
  std::array<char, 8> buffer{};
  std::snprintf(buffer.data(), buffer.size(), other, static_cast<unsigned>(c));
  out += buffer.data();
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!must_escape(text[i])) continue;
    out.append(text, begin, i - begin);
    append_escape(out, text[i], kShort.size(), "\\u%04X");
    begin = i + 1;
  }
  out.append(text, begin).append(1, '"');
}

// A control that JSON lets pass at the front of `text`: its bytes, and how it is escaped. A terminal may take
// U+009B for ESC [.
struct Hidden {
  std::size_t length = 0;
  std::string escape;
};

Hidden hidden_control(std::string_view text) {
  if (text.starts_with('\x7F')) return {1, "\\u007f"};
  if (text.size() >= 2 && text[0] == '\xC2' && static_cast<unsigned char>(text[1]) < 0xA0)
    return {2, "\\u00" + to_hex(text.substr(1, 1))};
  if (text.starts_with("\xE2\x80\xA8")) return {3, "\\u2028"};
  if (text.starts_with("\xE2\x80\xA9")) return {3, "\\u2029"};
  return {};
}

std::string repaired(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x80) {
      out += c;
    } else {
      out += "\xEF\xBF\xBD";
    }
  }
  return out;
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

std::string for_terminal(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (; !json.empty(); json.remove_prefix(1)) {
    const auto hidden = hidden_control(json);
    if (hidden.length == 0) {
      out += json.front();
      continue;
    }
    out += hidden.escape;
    json.remove_prefix(hidden.length - 1);
  }
  return out;
}

std::string quoted_for_terminal(std::string_view text) {
  if (!is_utf8(text)) return quoted_for_terminal(repaired(text));
  std::string out = "\"";
  for (const char c : text) {
    if (must_escape(c)) {
      append_escape(out, c, kShortForTerminal, "\\u%04x");
    } else {
      out += c;
    }
  }
  return for_terminal(out += '"');
}

// What stands before tells whether a comma is due: no value ends in an opening bracket or a colon.
void Writer::separate() {
  constexpr std::string_view kOpen = "{[:";
  if (!text_.empty() && kOpen.find(text_.back()) == std::string_view::npos) text_ += ',';
}

Writer& Writer::open(char bracket) {
  separate();
  text_ += bracket;
  return *this;
}

Writer& Writer::key(std::string_view name) {
  separate();
  append_quoted(text_, name);
  text_ += ':';
  return *this;
}

Writer& Writer::value(std::string_view v) {
  separate();
  append_quoted(text_, v);
  return *this;
}

Writer& Writer::raw(std::string_view json) {
  separate();
  text_ += json;
  return *this;
}

}  // namespace tenantd::json
