// The settings, read once from the environment. The only reader of the environment.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/base/secret.hpp"

namespace tenantd {

// A value that cannot be used. what() is one sentence that names the key and says what would be right.
struct ConfigError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Settings {
#define SECTION(title)
#define TEXT(member, key, fallback, unit, doc) std::string member = fallback;
#define NUMBER(member, key, fallback, unit, doc, least, most) std::int64_t member = fallback;
#define FLAG(member, key, fallback, doc) bool member = fallback;
#define SECRET(member, key, units, doc) Secret member;
#include "tenantd/config/settings.def"
#undef SECTION
#undef TEXT
#undef NUMBER
#undef FLAG
#undef SECRET
};

// Looks a variable up; nullptr if it is not set.
using Environment = std::function<const char*(const char*)>;

// Returns the settings of this process's environment. Throws ConfigError for a value out of range, of the
// wrong kind, or a KEY_FILE or a credential that cannot be read.
Settings load_settings();
Settings load_settings(const Environment& environment);

// One row of the documentation, in the table's order; `section` starts a new group when it differs from the
// last. `range`: "1–256", the least and the most that are taken; empty for what is no number.
struct SettingDoc {
  std::string_view section, key, fallback, unit, doc;
  std::string range = {};
};
std::vector<SettingDoc> setting_docs();

// A bound or lifetime that holds now: a number of the table that counts requests, tries, time, bytes or
// things somebody may have. Never a secret, a path, a port or a size of the machinery.
struct LimitInForce {
  std::string_view section, key;
  std::int64_t value, fallback;
  std::string_view unit, doc;
};
std::vector<LimitInForce> limits_in_force(const Settings& settings);

// Returns the table as Markdown, for systemd/README.md.
std::string settings_markdown();
// Returns the table as an environment file (systemd's EnvironmentFile, KEY=value): every key is there,
// commented out, with its meaning and its default.
std::string settings_environment();

}  // namespace tenantd
