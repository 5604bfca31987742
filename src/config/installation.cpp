#include "tenantd/config/installation.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>

#include "tenantd/base/text.hpp"

namespace tenantd {
namespace {

using Assignments = std::map<std::string, std::string>;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// Reads assignments one by one from the text of a file.
class AssignmentReader {
 public:
  AssignmentReader(std::string_view text, const std::string& path) : text_(text), path_(path) {}

  Assignments read_all() {
    Assignments found;
    while (skip_to_key()) {
      const auto key = read_key();
      found[key] = read_value();
    }
    return found;
  }

 private:
  bool at_end() const { return at_ == text_.size(); }

  char take() {
    if (text_[at_] == '\n') ++line_;
    return text_[at_++];
  }

  // Past empty lines and comments. False at the end.
  bool skip_to_key() {
    while (!at_end()) {
      const char c = text_[at_];
      if (c == '#' || c == ';') {
        while (!at_end() && text_[at_] != '\n') ++at_;
      } else if (c != '\n' && !is_blank(c)) {
        return true;
      } else {
        take();
      }
    }
    return false;
  }

  std::string read_key() {
    const auto end = text_.find_first_of("=\n", at_);
    const auto key = trim(text_.substr(at_, end == std::string_view::npos ? end : end - at_));
    const bool is_key = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
      return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
    if (end == std::string_view::npos || text_[end] == '\n' || !is_key)
      throw ConfigError("line " + std::to_string(line_) + " of " + path_ + " is not KEY=value");
    at_ = end + 1;
    return std::string{key};
  }

  std::string read_value() {
    std::string value;
    while (!at_end()) {
      const char c = take();
      if (c == '\n') break;
      if (c == '\'' || c == '"') {
        read_quoted(c, value);
      } else if (!is_blank(c)) {
        --at_;
        read_plain(value);
        break;
      }
    }
    return value;
  }

  void read_quoted(char quote, std::string& value) {
    const auto begun = line_;
    while (!at_end()) {
      const char c = take();
      if (c == quote) return;
      if (c != '\\' || quote == '\'' || at_end()) {
        value += c;
        continue;
      }
      const char escaped = take();
      if (escaped == '\n') continue;
      if (std::string_view{"\"\\`$"}.find(escaped) == std::string_view::npos) value += '\\';
      value += escaped;
    }
    throw ConfigError("the quote in line " + std::to_string(begun) + " of " + path_ + " does not end");
  }

  // To the end of the line, without the blanks there. Quotes stand for themselves.
  void read_plain(std::string& value) {
    auto kept = value.size();
    while (!at_end()) {
      char c = take();
      if (c == '\n') break;
      const bool escaped = c == '\\' && !at_end();
      if (escaped && (c = take()) == '\n') continue;
      value += c;
      if (escaped || !is_blank(c)) kept = value.size();
    }
    value.resize(kept);
  }

  std::string_view text_;
  const std::string& path_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

// KEY_FILE of every secret whose credential can be read.
Assignments find_credentials(const std::string& settings_file) {
  Assignments found;
  const auto folder = settings_file.substr(0, settings_file.rfind('/') + 1) + "credentials/";
  for (const auto& secret : secret_docs()) {
    const auto path = folder + secret.credential;
    if (::access(path.c_str(), R_OK) == 0) found[std::string{secret.key} + "_FILE"] = path;
  }
  return found;
}

Assignments read_settings_file(const std::string& path) {
  std::ifstream file{path};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (!file) throw ConfigError("the settings cannot be read: " + path);
  return parse_environment_file(text, path);
}

// The key that `name` gives a value to: KEY for KEY and for KEY_FILE.
std::string key_of(const std::string& name) {
  return name.ends_with("_FILE") ? name.substr(0, name.size() - 5) : name;
}

}  // namespace

std::map<std::string, std::string> parse_environment_file(std::string_view text, const std::string& path) {
  return AssignmentReader{text, path}.read_all();
}

Environment with_settings_file(Environment above, const std::string& path) {
  const auto file = std::make_shared<const Assignments>(read_settings_file(path));
  const auto credentials = std::make_shared<const Assignments>(find_credentials(path));
  const auto in = [](const Assignments& assignments, const std::string& name) -> const char* {
    const auto found = assignments.find(name);
    return found == assignments.end() ? nullptr : found->second.c_str();
  };
  return [above, file, credentials, in](const char* name) -> const char* {
    if (const char* value = above(name)) return value;
    const auto key = key_of(name);
    const auto key_file = key + "_FILE";
    if (above(key.c_str()) != nullptr || above(key_file.c_str()) != nullptr) return nullptr;
    if (const char* value = in(*file, name)) return value;
    if (file->contains(key) || file->contains(key_file)) return nullptr;
    return in(*credentials, name);
  };
}

bool names_installation(const Environment& environment) {
  return environment("DB_HOST") != nullptr || environment("DB_SOCKET") != nullptr ||
         environment("KEYS_DIR") != nullptr;
}

}  // namespace tenantd
