#include "import_report.hpp"

#include <sys/stat.h>

#include <stdexcept>

#include "tenantd/api/json.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::ctl {
namespace {

constexpr const char* kHeader = "line,email,reason";

// The address as it was typed may be any bytes.
std::string printable(std::string text) {
  if (text.size() > 320) text.resize(320);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  if (!is_utf8(text))
    for (char& c : text)
      if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  return text;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  return out + '"';
}

}  // namespace

// The line's number is its first number, in either form.
std::string ImportReport::kept_lines(std::int64_t before) const {
  std::ifstream old{path_};
  std::string kept;
  for (std::string text; std::getline(old, text);) {
    const auto begin = text.find_first_of("0123456789");
    if (text == kHeader || begin == std::string::npos) continue;
    const auto number = parse_int(text.substr(begin, text.find_first_not_of("0123456789", begin) - begin));
    if (number && *number < before && !old.eof()) kept += text + '\n';
  }
  return kept;
}

void ImportReport::open(std::int64_t line) {
  if (path_.empty()) return;
  const auto kept = line > 0 ? kept_lines(line) : "";
  const auto mask = ::umask(077);
  file_.open(path_, std::ios::trunc);
  ::umask(mask);
  if (!as_json()) file_ << kHeader << '\n';
  file_ << kept << std::flush;
  if (!file_) throw std::runtime_error("the report " + path_ + " cannot be written");
}

void ImportReport::add(std::int64_t line, const std::string& email, const std::string& reason) {
  if (path_.empty()) return;
  if (as_json()) {
    api::JsonOut json;
    json.begin_object().field("line", line).field("email", printable(email)).field("reason", reason);
    file_ << json.end_object().text() << '\n';
  } else {
    file_ << line << ',' << quoted(printable(email)) << ',' << quoted(reason) << '\n';
  }
}

void ImportReport::flush() {
  if (path_.empty()) return;
  if (!file_.flush()) throw std::runtime_error("the report " + path_ + " cannot be written");
}

}  // namespace tenantd::ctl
