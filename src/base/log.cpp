#include "tenantd/base/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "tenantd/base/json.hpp"
#include "tenantd/base/log_line.hpp"
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

Field milliseconds(std::string_view key, long long microseconds) {
  auto thousandths = std::to_string(std::max(microseconds, 0LL) % 1000);
  thousandths.insert(0, 3 - thousandths.size(), '0');
  Field field{key, std::max(microseconds, 0LL) / 1000};
  field.value += '.' + thousandths;
  return field;
}

void set_level(Level level) { g_level = level; }
bool is_written(Level level) { return level <= g_level; }
void set_process(std::string_view name) { g_process = name; }
std::string_view process() { return g_process; }

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (!is_written(level)) return;
  FixedText<128> begin;
  begin_line(begin, static_cast<int>(level), now_milliseconds(), g_process, ::getpid());
  std::string line{begin.text()};
  line += ",\"event\":" + json::quoted_for_terminal(event);
  for (const auto& field : fields) {
    line += ',';
    line += json::quoted_for_terminal(field.key);
    line += ':';
    line += field.is_number ? field.value : json::quoted_for_terminal(field.value);
  }
  line += "}\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace tenantd::log
