// The settings of what is installed on this machine, for the operator's tool: services get theirs from
// systemd, by the same files.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/config/settings.hpp"

namespace tenantd {

// Where packages and `make install` put them.
inline constexpr const char* kSettingsFile = "/etc/tenantd/tenantd.env";

// Returns the assignments of a file as systemd's EnvironmentFile= reads it: KEY=value; lines that begin with
// # or ; are comments; a value, or parts of it, may stand in quotes; a backslash at the end of a line joins
// the next. Throws ConfigError that names `path` and the line for what is none of these.
std::map<std::string, std::string> parse_environment_file(std::string_view text, const std::string& path);

// A secret of the settings: its credential's name, which is the key in small letters, and the units that get
// it.
struct SecretDoc {
  std::string_view key;
  std::string credential;
  std::vector<std::string_view> units;
};
std::vector<SecretDoc> secret_docs();
// Returns a line for each: key, credential and units, with blanks between.
std::string settings_secrets();

// What `above` does not set, the file does; and what neither sets, the files of credentials/ beside it, each
// with a secret: db_password is DB_PASSWORD's. A key and its KEY_FILE are one setting. Throws ConfigError for
// a file that cannot be read.
Environment with_settings_file(Environment above, const std::string& path);

// This process's own environment.
Environment process_environment();

// True if the environment says itself which database or which keys are meant: then it is whole, and nothing
// of another installation may join it.
bool names_installation(const Environment& environment);

// From here on load_settings() reads that file too, with the environment above it.
void use_settings_file(const std::string& path);
// That file; empty = none.
const std::string& settings_file_in_use();
// What load_settings() reads.
Environment environment_in_use();

}  // namespace tenantd
