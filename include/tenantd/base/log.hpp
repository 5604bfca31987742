// Log lines: one JSON object a line on standard error, with the priority prefix that journald reads
// (sd-daemon(3)). Only bin/ and the dispatch log. Values are escaped, numbers are JSON numbers; secrets have
// a type that cannot be passed here.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace tenantd::log {

enum class Level { debug = 7, info = 6, notice = 5, warning = 4, error = 3 };

struct Field {
  std::string_view key;
  std::string value;
  bool is_number = false;
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(v) {}
  Field(std::string_view k, const std::string& v) : key(k), value(v) {}
  template <std::integral Number>
  Field(std::string_view k, Number v) : key(k), value(std::to_string(v)), is_number(true) {}
};

// A duration as log lines have it: milliseconds with three decimals.
Field milliseconds(std::string_view key, long long microseconds);

// Returns the level that `word` names ("debug" … "error"). Throws std::invalid_argument with a sentence.
Level parse_level(std::string_view word);

// Lines below `level` are dropped. The default is info.
void set_level(Level level);
// False if a line of this level would be dropped.
bool is_written(Level level);

// Names this process in every line ("master", "worker", "courier").
void set_process(std::string_view name);
std::string_view process();

// Writes one line by one write(2), so that lines of several processes never mix.
void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});

inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::info, event, fields);
}
inline void warning(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::warning, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::error, event, fields);
}

}  // namespace tenantd::log
