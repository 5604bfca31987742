#include "tenantd/config/settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "tenantd/base/text.hpp"
#include "tenantd/config/installation.hpp"

namespace tenantd {
namespace {

std::string read_value_of_file(const std::string& said_by, const std::string& path) {
  std::ifstream file{path};
  std::error_code unknown;
  if (!file || std::filesystem::is_directory(path, unknown))
    throw ConfigError(said_by + " names a file that cannot be read: " + path);
  const std::string content{std::istreambuf_iterator<char>{file}, {}};
  return std::string{trim(content)};
}

// Returns the value of `key`, or of the file that `key`_FILE names, or nullopt.
std::optional<std::string> raw_value(const Environment& environment, const char* key) {
  if (const char* value = environment(key)) return value;
  const std::string file_key = std::string{key} + "_FILE";
  const char* path = environment(file_key.c_str());
  if (path == nullptr) return std::nullopt;
  if (*path == '\0') throw ConfigError(file_key + " is empty: it names a file that holds the value");
  return read_value_of_file(file_key, path);
}

// Returns what systemd has handed this program by the key's name in small letters, or nullopt.
std::optional<std::string> credential(const Environment& environment, const char* key) {
  const char* folder = environment("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || *folder == '\0') return std::nullopt;
  const auto path = std::string{folder} + '/' + ascii_lower(key);
  if (::access(path.c_str(), F_OK) != 0) return std::nullopt;
  return read_value_of_file("CREDENTIALS_DIRECTORY", path);
}

void read_text(const Environment& environment, const char* key, std::string& out) {
  if (auto value = raw_value(environment, key)) out = std::move(*value);
}

void read_number(const Environment& environment, const char* key, std::int64_t least, std::int64_t most,
                 std::int64_t& out) {
  const auto value = raw_value(environment, key);
  if (!value) return;
  const auto number = parse_int(*value);
  if (!number || *number < least || *number > most)
    throw ConfigError(std::string{key} + " must be a whole number from " + std::to_string(least) + " to " +
                      std::to_string(most) + ", not \"" + *value + "\"");
  out = *number;
}

void read_flag(const Environment& environment, const char* key, bool& out) {
  const auto value = raw_value(environment, key);
  if (!value) return;
  const std::string word = ascii_lower(*value);
  const bool yes = word == "1" || word == "true" || word == "yes" || word == "on";
  const bool no = word == "0" || word == "false" || word == "no" || word == "off";
  if (!yes && !no) throw ConfigError(std::string{key} + " must be true or false, not \"" + *value + "\"");
  out = yes;
}

void read_secret(const Environment& environment, const char* key, Secret& out) {
  auto value = raw_value(environment, key);
  if (!value) value = credential(environment, key);
  if (value) out = Secret{std::move(*value)};
}

std::string range_of(std::int64_t least, std::int64_t most) {
  return std::to_string(least) + "–" + std::to_string(most);
}

// "tenantd, tenantd-courier": who gets a secret; empty for what is none.
std::string units_of(std::string_view key) {
  std::string text;
  for (const auto& secret : secret_docs())
    if (secret.key == key)
      for (const auto unit : secret.units) text.append(text.empty() ? "" : ", ").append(unit);
  return text;
}

// Of the process: main() names it before anything reads settings. Empty: none.
std::string& settings_file() {
  static std::string path;
  return path;
}

// What a limit is counted in. The other units are of places, and of what the machinery is made of.
bool bounds_something(std::string_view unit) {
  constexpr std::array<std::string_view, 16> kUnits = {
      "seconds",    "bytes",   "failures", "requests/minute", "requests", "invitations/hour",
      "mails/hour", "members", "projects", "connections",     "0-4",      "sessions",
      "keys",       "roles",   "webhooks", "invitations"};
  return std::find(kUnits.begin(), kUnits.end(), unit) != kUnits.end();
}

}  // namespace

Settings load_settings(const Environment& environment) {
  Settings s;
#define SECTION(title)
#define TEXT(member, key, fallback, unit, doc) read_text(environment, key, s.member);
#define NUMBER(member, key, fallback, unit, doc, least, most) \
  read_number(environment, key, least, most, s.member);
#define FLAG(member, key, fallback, doc) read_flag(environment, key, s.member);
#define SECRET(member, key, units, doc) read_secret(environment, key, s.member);
#include "tenantd/config/settings.def"
#undef SECTION
#undef TEXT
#undef NUMBER
#undef FLAG
#undef SECRET
  for (std::string* url : {&s.public_url, &s.app_url})
    while (url->ends_with('/')) url->pop_back();
  return s;
}

Environment process_environment() {
  return [](const char* key) -> const char* { return std::getenv(key); };
}

void use_settings_file(const std::string& path) { settings_file() = path; }

const std::string& settings_file_in_use() { return settings_file(); }

Environment environment_in_use() {
  const auto& path = settings_file();
  return path.empty() ? process_environment() : with_settings_file(process_environment(), path);
}

Settings load_settings() { return load_settings(environment_in_use()); }

std::vector<SettingDoc> setting_docs() {
  std::vector<SettingDoc> rows;
  std::string_view section;
#define SECTION(title) section = title;
#define TEXT(member, key, fallback, unit, doc) rows.push_back({section, key, fallback, unit, doc});
#define NUMBER(member, key, fallback, unit, doc, least, most) \
  rows.push_back({section, key, #fallback, unit, doc, range_of(least, most)});
#define FLAG(member, key, fallback, doc) rows.push_back({section, key, #fallback, "true, false", doc});
#define SECRET(member, key, units, doc) rows.push_back({section, key, "", "secret", doc});
#include "tenantd/config/settings.def"
#undef SECTION
#undef TEXT
#undef NUMBER
#undef FLAG
#undef SECRET
  return rows;
}

std::vector<LimitInForce> limits_in_force(const Settings& settings) {
  std::vector<LimitInForce> limits;
  std::string_view section;
#define SECTION(title) section = title;
#define TEXT(member, key, fallback, unit, doc)
#define NUMBER(member, key, fallback, unit, doc, least, most) \
  if (bounds_something(unit)) limits.push_back({section, key, settings.member, fallback, unit, doc});
#define FLAG(member, key, fallback, doc)
#define SECRET(member, key, units, doc)
#include "tenantd/config/settings.def"
#undef SECTION
#undef TEXT
#undef NUMBER
#undef FLAG
#undef SECRET
  return limits;
}

std::string settings_markdown() {
  std::ostringstream out;
  out << "| key | default | range | unit | meaning |\n|---|---|---|---|---|\n";
  std::string_view section;
  for (const auto& row : setting_docs()) {
    if (row.section != section) out << "| **" << row.section << "** | | | | |\n";
    section = row.section;
    out << "| `" << row.key << "` | ";
    if (!row.fallback.empty()) out << '`' << row.fallback << '`';
    out << " | " << row.range << " | " << row.unit;
    if (const auto units = units_of(row.key); !units.empty()) out << " of " << units;
    out << " | " << row.doc << " |\n";
  }
  return out.str();
}

std::string settings_environment() {
  std::ostringstream out;
  out << "# tenantd's settings, read by its services at their start (systemd EnvironmentFile). Every line "
         "that is\n"
         "# commented out shows the default. Set PUBLIC_URL at least.\n"
         "#\n"
         "# Secrets do not belong here: each service gets its own as a systemd credential, from a file in\n"
         "# /etc/tenantd/credentials/ that only root reads. It is called as the key is, in small letters: "
         "SMTP_PASSWORD's\n"
         "# is smtp_password.\n";
  std::string_view section;
  for (const auto& row : setting_docs()) {
    if (row.section != section) out << "\n# --- " << row.section << '\n';
    section = row.section;
    out << "\n# " << row.doc << " (" << row.unit;
    if (!row.range.empty()) out << ", " << row.range;
    out << ")\n#" << row.key << '=' << row.fallback << '\n';
  }
  return out.str();
}

std::vector<SecretDoc> secret_docs() {
  std::vector<SecretDoc> rows;
#define SECTION(title)
#define TEXT(member, key, fallback, unit, doc)
#define NUMBER(member, key, fallback, unit, doc, least, most)
#define FLAG(member, key, fallback, doc)
#define SECRET(member, key, units, doc) \
  rows.push_back(                       \
      {key, ascii_lower(key), *units == '\0' ? std::vector<std::string_view>{} : split(units, ' ')});
#include "tenantd/config/settings.def"
#undef SECTION
#undef TEXT
#undef NUMBER
#undef FLAG
#undef SECRET
  return rows;
}

std::string settings_secrets() {
  std::string text;
  for (const auto& secret : secret_docs()) {
    text.append(secret.key).append(" ").append(secret.credential);
    for (const auto unit : secret.units) text.append(" ").append(unit);
    text += '\n';
  }
  return text;
}

}  // namespace tenantd
