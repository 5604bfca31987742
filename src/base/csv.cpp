#include "tenantd/base/csv.hpp"

#include <algorithm>
#include <array>

#include "tenantd/base/text.hpp"

namespace tenantd {
namespace {

constexpr int kEnd = std::char_traits<char>::eof();
constexpr const char* kTooLong = "is longer than 65536 bytes";
constexpr std::string_view kFormula = "=+-@\t\r\n";
constexpr std::string_view kSeparators = ",;\t";
constexpr std::size_t kMostUnknownNamed = 20;

// The separator that a line like "sep=;" declares, as spreadsheets write it, quoted or not; '\0' if it is
// another line.
char declared_separator(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() == 7 && line.front() == '"' && line.back() == '"') line = line.substr(1, 5);
  const bool declares = line.size() == 5 && ascii_lower(line.substr(0, 4)) == "sep=";
  return declares && kSeparators.find(line[4]) != std::string_view::npos ? line[4] : '\0';
}

// Case, and how words are joined, mean nothing in the name of a column.
std::string column_name(std::string_view typed) {
  auto name = ascii_lower(trim(typed));
  for (char& c : name)
    if (c == ' ' || c == '-') c = '_';
  return name;
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  const auto shown = std::min(names.size(), kMostUnknownNamed);
  for (std::size_t i = 0; i < shown; ++i)
    out += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return names.size() > shown ? out + " and " + std::to_string(names.size() - shown) + " more" : out;
}

}  // namespace

CsvReader::CsvReader(std::streambuf& in) : in_(in) {
  for (const int expected : {0xEF, 0xBB, 0xBF}) {
    if (in_.sgetc() != expected) return;
    get();
  }
}

int CsvReader::peek() {
  return ahead_at_ < ahead_.size() ? static_cast<unsigned char>(ahead_[ahead_at_]) : in_.sgetc();
}

int CsvReader::get() {
  const int c = ahead_at_ < ahead_.size() ? static_cast<unsigned char>(ahead_[ahead_at_++]) : in_.sbumpc();
  if (c == kEnd) return c;
  ++bytes_;
  if (c == '\n' || (c == '\r' && peek() != '\n')) ++line_;
  return c;
}

// Fetches one line, and never more than a record may have.
void CsvReader::look_ahead() {
  ahead_.clear();
  ahead_at_ = 0;
  bool quoted = false;
  while (ahead_.size() < kMaxRecordBytes) {
    const int c = in_.sbumpc();
    if (c == kEnd) return;
    ahead_ += static_cast<char>(c);
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\n' || (c == '\r' && in_.sgetc() != '\n')) return;
  }
}

void CsvReader::find_separator() {
  look_ahead();
  separator_ = declared_separator(ahead_);
  if (separator_ != '\0') {
    while (ahead_at_ < ahead_.size()) get();
    return;
  }
  std::array<std::size_t, kSeparators.size()> counts{};
  bool quoted = false;
  for (const char c : ahead_) {
    if (c == '"') quoted = !quoted;
    const auto at = quoted ? std::string_view::npos : kSeparators.find(c);
    if (at != std::string_view::npos) ++counts.at(at);
  }
  const auto most = std::max_element(counts.begin(), counts.end());
  separator_ = kSeparators[static_cast<std::size_t>(most - counts.begin())];
}

bool CsvReader::next(std::vector<std::string>& fields, std::string& problem) {
  if (separator_ == '\0') find_separator();
  const auto fault = [&](const char* what) {
    if (problem.empty()) problem = what;
  };
  const auto begun = bytes_;
  fields.assign(1, {});
  Field state = Field::start;
  const auto end_field = [&] {
    auto& field = fields.back();
    if (state == Field::plain) field.erase(field.find_last_not_of(" \t") + 1);
  };
  for (;;) {
    const int c = get();
    if (c == kEnd && bytes_ == begun) return false;
    if (c == kEnd && state == Field::quoted) fault("has a quote that is never closed");
    const bool inside = state == Field::quoted;
    if (c == kEnd || (!inside && (c == '\n' || c == '\r'))) {
      if (c == '\r' && peek() == '\n') get();
      end_field();
      return true;
    }
    if (bytes_ - begun > static_cast<std::int64_t>(kMaxRecordBytes)) fault(kTooLong);
    if (c == separator_ && !inside) {
      end_field();
      if (problem.empty()) fields.emplace_back();
      state = Field::start;
    } else if ((c == ' ' || c == '\t') && (state == Field::start || state == Field::after_quote)) {
      continue;
    } else if (c == '"' && state == Field::start) {
      state = Field::quoted;
    } else if (c == '"' && inside) {
      // A doubled quote stands for one, and the field goes on.
      if (peek() != '"') {
        state = Field::after_quote;
        continue;
      }
      get();
      if (problem.empty()) fields.back() += '"';
    } else {
      if (c == '"' && state == Field::plain) fault("has a quote within a field that is not quoted");
      if (state == Field::after_quote) fault("has text after a closing quote");
      if (!inside) state = Field::plain;
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

bool CsvHeader::has(std::size_t column) const {
  return std::find(columns.begin(), columns.end(), std::optional{column}) != columns.end();
}

CsvHeader read_csv_header(const std::vector<std::string>& fields, std::span<const std::string_view> known,
                          OtherColumns others) {
  CsvHeader header;
  std::vector<std::string> unknown;
  for (const auto& field : fields) {
    const auto name = column_name(field);
    const auto found = std::find(known.begin(), known.end(), name);
    const auto at = static_cast<std::size_t>(found - known.begin());
    if (found != known.end() && header.has(at) && header.problem.empty())
      header.problem = "names the column " + shown_name(field) + " twice";
    if (found == known.end() && !name.empty()) unknown.push_back(shown_name(field));
    header.is_named.push_back(!name.empty());
    header.columns.push_back(found == known.end() ? std::nullopt : std::optional{at});
  }
  if (others == OtherColumns::refused && !unknown.empty())
    header.problem =
        "names the unknown column" + std::string{unknown.size() == 1 ? " " : "s "} + listed(unknown);
  return header;
}

std::string csv_row_problem(const std::vector<std::string>& fields, const CsvHeader& header) {
  const auto width = header.columns.size();
  const auto beyond = fields.begin() + static_cast<std::ptrdiff_t>(std::min(width, fields.size()));
  const bool wider = std::any_of(beyond, fields.end(), [](const auto& field) { return !field.empty(); });
  if (fields.size() < width || wider)
    return "has " + std::to_string(fields.size()) + " fields, the header row " + std::to_string(width);
  for (std::size_t i = 0; i < width; ++i)
    if (!header.is_named[i] && !fields[i].empty()) return "has something in a column without a name";
  return "";
}

bool is_blank_csv_row(const std::vector<std::string>& fields) {
  return std::all_of(fields.begin(), fields.end(), [](const auto& field) { return field.empty(); });
}

std::string shown_name(std::string_view name) {
  constexpr std::size_t kMost = 60;
  std::string text{trim(name).substr(0, kMost)};
  while (!text.empty() && !is_utf8(text) && name.size() > kMost && text.size() > kMost - 4) text.pop_back();
  const bool whole = is_utf8(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // C1 controls are the code points behind 0xC2 below 0xA0.
    const bool c1 = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (byte < 0x20 || byte == 0x7F || (!whole && byte >= 0x80)) text[i] = '?';
    if (whole && c1) text.replace(i, 2, "?");
  }
  return '"' + text + '"';
}

void append_csv(std::string& out, std::string_view field) {
  const bool padded = trim(field).size() != field.size();
  if (!padded && field.find_first_of("\",;\t\r\n") == std::string_view::npos) {
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
