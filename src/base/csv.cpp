#include "tenantd/base/csv.hpp"

namespace tenantd {
namespace {

constexpr int kEnd = std::char_traits<char>::eof();
constexpr const char* kTooLong = "is longer than 65536 bytes";
constexpr std::string_view kFormula = "=+-@\t\r\n";

}  // namespace

CsvReader::CsvReader(std::streambuf& in) : in_(in) {
  for (const int expected : {0xEF, 0xBB, 0xBF}) {
    if (in_.sgetc() != expected) return;
    get();
  }
}

int CsvReader::get() {
  const int c = in_.sbumpc();
  if (c == kEnd) return c;
  ++bytes_;
  if (c == '\n') ++line_;
  return c;
}

bool CsvReader::next(std::vector<std::string>& fields, std::string& problem) {
  const auto fault = [&](const char* what) {
    if (problem.empty()) problem = what;
  };
  const auto begun = bytes_;
  fields.assign(1, {});
  Field state = Field::start;
  for (;;) {
    const int c = get();
    if (c == kEnd && bytes_ == begun) return false;
    if (c == kEnd && state == Field::quoted) fault("has a quote that is never closed");
    const bool inside = state == Field::quoted;
    if (c == kEnd || (c == '\n' && !inside)) return true;
    if (c == '\r' && !inside && in_.sgetc() == '\n') continue;
    if (bytes_ - begun > static_cast<std::int64_t>(kMaxRecordBytes)) fault(kTooLong);
    if (c == '"' && state == Field::start) {
      state = Field::quoted;
    } else if (c == '"' && inside) {
      state = Field::after_quote;
    } else if (c == ',' && !inside) {
      if (problem.empty()) fields.emplace_back();
      state = Field::start;
    } else {
      if (c == '"' && state == Field::plain) fault("has a quote within a field that is not quoted");
      if (c != '"' && state == Field::after_quote) fault("has text after a closing quote");
      // A doubled quote stands for one, and the field goes on.
      state = inside || (c == '"' && state == Field::after_quote) ? Field::quoted : Field::plain;
      if (problem.empty()) fields.back() += static_cast<char>(c);
    }
  }
}

bool CsvReader::next_line(std::string& text, std::string& problem) {
  const auto begun = bytes_;
  text.clear();
  for (;;) {
    const int c = get();
    if (c == kEnd) return bytes_ != begun;
    if (c == '\n') return true;
    if (bytes_ - begun > static_cast<std::int64_t>(kMaxRecordBytes)) problem = kTooLong;
    if (problem.empty()) text += static_cast<char>(c);
  }
}

void append_csv(std::string& out, std::string_view field) {
  if (field.find_first_of("\",\r\n") == std::string_view::npos) {
    out += field;
    return;
  }
  out += '"';
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

std::string guarded(std::string_view text) {
  // An apostrophe that unguarded() would take for ours is guarded as well.
  const bool formula = !text.empty() && kFormula.find(text.front()) != std::string_view::npos;
  const bool alike = unguarded(text).size() != text.size();
  return (formula || alike ? "'" : "") + std::string{text};
}

std::string_view unguarded(std::string_view text) {
  if (text.size() < 2 || text[0] != '\'') return text;
  const bool ours = text[1] == '\'' || kFormula.find(text[1]) != std::string_view::npos;
  return ours ? text.substr(1) : text;
}

}  // namespace tenantd
