#include "sql_text.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tenantd/base/text.hpp"
#include "tenantd/domain/permission_set.hpp"
#include "tenantd/domain/resources.hpp"

namespace tenantd::db {
namespace {

// Returns the length of the comment that begins at `i`, or 0: "-- ", "#" to the line's end, "/* */" unless
// the server shall read it ("/*!", "/*M!").
std::size_t comment_length(const std::string& text, std::size_t i) {
  const bool dashes = text.compare(i, 2, "--") == 0 &&
                      (i + 2 == text.size() || std::isspace(static_cast<unsigned char>(text[i + 2])));
  if (dashes || text[i] == '#') return std::min(text.find('\n', i), text.size()) - i;
  if (text.compare(i, 2, "/*") != 0 || text.compare(i, 3, "/*!") == 0 || text.compare(i, 4, "/*M!") == 0)
    return 0;
  const auto end = text.find("*/", i + 2);
  return end == std::string::npos ? text.size() - i : end + 2 - i;
}

// Returns the length of the quoted text that begins at `i`, or 0. A backslash escapes except within
// backticks; a doubled quote is two texts side by side, which comes to the same.
std::size_t quoted_length(const std::string& text, std::size_t i) {
  const char mark = text[i];
  if (mark != '\'' && mark != '"' && mark != '`') return 0;
  std::size_t end = i + 1;
  while (end < text.size() && text[end] != mark) end += text[end] == '\\' && mark != '`' ? 2 : 1;
  return std::min(end + 1, text.size()) - i;
}

// "{{roles with stats:read}}" → 'owner', 'admin', 'manager'
std::string name_roles(std::string statement) {
  static constexpr std::string_view kBegin = "{{roles with ";
  for (auto at = statement.find(kBegin); at != std::string::npos; at = statement.find(kBegin, at)) {
    const auto end = statement.find("}}", at);
    const auto name = statement.substr(at + kBegin.size(), end - at - kBegin.size());
    const auto permission = parse_permission(name);
    if (!permission) throw std::runtime_error("no permission is named " + name);
    std::string names;
    for (const auto& role : system_roles())
      if (role.permissions.has(*permission)) names += (names.empty() ? "" : ", ") + quote(role.name);
    statement.replace(at, end + 2 - at, names);
  }
  return statement;
}

}  // namespace

std::string read_file(const std::string& path) {
  std::ifstream file{path};
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) throw std::runtime_error(path + " cannot be read");
  return text.str();
}

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::vector<std::string> read_statements(const std::string& path) {
  static const std::string kEach = "{{resource}}";
  std::vector<std::string> statements;
  for (const auto& written : split_statements(read_file(path))) {
    const auto statement = name_roles(written);
    if (statement.find(kEach) == std::string::npos) {
      statements.push_back(statement);
      continue;
    }
    for (const auto name : resource_names())
      statements.push_back(replace_all(statement, kEach, std::string{name}));
  }
  return statements;
}

std::string quote(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string account_name(const Settings& settings, const std::string& user) {
  return quote(user) + "@" + quote(settings.db_host.empty() ? "localhost" : "%");
}

std::vector<std::string> split_statements(const std::string& text) {
  std::vector<std::string> statements;
  std::string delimiter = ";";
  std::string current;
  for (std::size_t i = 0; i < text.size();) {
    const bool line_starts = i == 0 || text[i - 1] == '\n';
    if (const auto length = comment_length(text, i); length > 0) {
      i += length;
    } else if (const auto quoted = quoted_length(text, i); quoted > 0) {
      current.append(text, i, quoted);
      i += quoted;
    } else if (line_starts && text.compare(i, 10, "DELIMITER ") == 0) {
      const auto end = std::min(text.find('\n', i), text.size());
      delimiter = std::string{trim(std::string_view{text}.substr(i + 10, end - i - 10))};
      i = end;
    } else if (text.compare(i, delimiter.size(), delimiter) == 0) {
      if (!trim(current).empty()) statements.emplace_back(trim(current));
      current.clear();
      i += delimiter.size();
    } else {
      current += text[i++];
    }
  }
  if (!trim(current).empty()) statements.emplace_back(trim(current));
  return statements;
}

}  // namespace tenantd::db
