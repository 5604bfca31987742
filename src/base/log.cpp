#include "tenantd/base/log.hpp"

#include <unistd.h>

#include <stdexcept>

#include "tenantd/base/json.hpp"
#include "tenantd/base/time.hpp"

namespace tenantd::log {
namespace {

Level g_level = Level::info;
std::string g_process = "tenantd";

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

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (level > g_level) return;
  std::string line = "<" + std::to_string(static_cast<int>(level)) + ">{\"time\":";
  line += std::to_string(unix_seconds(now()));
  line += ",\"process\":" + json::quoted_for_terminal(g_process);
  line += ",\"pid\":" + std::to_string(::getpid());
  line += ",\"event\":" + json::quoted_for_terminal(event);
  for (const auto& field : fields) {
    line += ',';
    line += json::quoted_for_terminal(field.key);
    line += ':';
    line += json::quoted_for_terminal(field.value);
  }
  line += "}\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace tenantd::log
