#include "tenantd/base/log.hpp"

#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <stdexcept>

#include "tenantd/base/text.hpp"
#include "tenantd/base/time.hpp"

namespace tenantd::log {
namespace {

Level g_level = Level::info;
std::string g_process = "tenantd";

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  const auto byte = static_cast<std::uint8_t>(c);
  if (byte >= 0x20 && byte != 0x7F) {
    out += c;
    return;
  }
  std::array<char, 8> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "\\u%04x", byte);
  out += buffer.data();
}

struct Hidden {
  std::size_t length = 0;
  std::string escape;
};

// Controls beyond ASCII at the front of well-formed UTF-8: C1 (a terminal may take U+009B for ESC [) and the
// line separators U+2028 and U+2029.
Hidden hidden_control(std::string_view text) {
  if (text.size() >= 2 && text[0] == '\xC2' && static_cast<std::uint8_t>(text[1]) < 0xA0)
    return {2, "\\u00" + to_hex(text.substr(1, 1))};
  if (text.starts_with("\xE2\x80\xA8")) return {3, "\\u2028"};
  if (text.starts_with("\xE2\x80\xA9")) return {3, "\\u2029"};
  return {};
}

}  // namespace

Level parse_level(std::string_view word) {
  if (word == "debug") return Level::debug;
  if (word == "info") return Level::info;
  if (word == "notice") return Level::notice;
  if (word == "warning") return Level::warning;
  if (word == "error") return Level::error;
  throw std::invalid_argument("LOG_LEVEL must be debug, info, notice, warning or error, not \"" +
                              std::string{word} + "\"");
}

void set_level(Level level) { g_level = level; }
void set_process(std::string_view name) { g_process = name; }

std::string quoted(std::string_view text) {
  std::string out = "\"";
  const bool valid = is_utf8(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!valid && static_cast<std::uint8_t>(text[i]) >= 0x80) {
      out += "\xEF\xBF\xBD";
    } else if (const auto hidden = hidden_control(text.substr(i)); hidden.length > 0) {
      out += hidden.escape;
      i += hidden.length - 1;
    } else {
      append_escaped(out, text[i]);
    }
  }
  out += '"';
  return out;
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (level > g_level) return;
  std::string line = "<" + std::to_string(static_cast<int>(level)) + ">{\"time\":";
  line += std::to_string(unix_seconds(now()));
  line += ",\"process\":" + quoted(g_process);
  line += ",\"pid\":" + std::to_string(::getpid());
  line += ",\"event\":" + quoted(event);
  for (const auto& field : fields) {
    line += ',';
    line += quoted(field.key);
    line += ':';
    line += quoted(field.value);
  }
  line += "}\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace tenantd::log
