// Separated values as spreadsheets and exports write them: RFC 4180 with commas, semicolons or tabs, lines
// that end in CRLF, LF or CR, blanks around fields, and a mark that says UTF-8 or a line "sep=;" in front.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <streambuf>
#include <string>
#include <string_view>
#include <vector>

namespace tenantd {

class CsvReader {
 public:
  static constexpr std::size_t kMaxRecordBytes = 65536;

  // Reads from `in`, which outlives it, and passes over the mark.
  explicit CsvReader(std::streambuf& in);

  // Reads one record, which may go over several lines; false at the end. Blanks around a field are no part of
  // it, those in its quotes are. A fault is told as `problem` ("has text after a closing quote"), and does
  // not end the reading: what follows is the next record. The first record decides what separates fields,
  // unless a line "sep=…" stands before it, which is passed over.
  bool next(std::vector<std::string>& fields, std::string& problem);
  // Reads one line as it is, without its end.
  bool next_line(std::string& text, std::string& problem);

  // Of what is read next, from 1.
  std::int64_t line() const { return line_; }
  // Read so far.
  std::int64_t bytes() const { return bytes_; }

 private:
  enum class Field { start, plain, quoted, after_quote };
  int peek();
  int get();
  void look_ahead();
  void find_separator();

  std::streambuf& in_;
  std::string ahead_;  // the first line, once it is known what separates its fields
  std::size_t ahead_at_ = 0;
  char separator_ = '\0';  // not known yet
  std::int64_t line_ = 1;
  std::int64_t bytes_ = 0;
};

// Which of the known columns each field of the header row names, in any case, with blanks or hyphens for
// underscores: by its place in `known`; nullopt for another.
struct CsvHeader {
  std::vector<std::optional<std::size_t>> columns;
  std::vector<bool> is_named;  // a column without a name has nothing in it
  // "names the unknown columns "A" and "b""; empty = none
  std::string problem;

  bool has(std::size_t column) const;
};
// Unless `others` are taken, a column that is not known is a problem.
enum class OtherColumns { refused, ignored };
CsvHeader read_csv_header(const std::vector<std::string>& fields, std::span<const std::string_view> known,
                          OtherColumns others = OtherColumns::refused);

// What is wrong with a record under that header ("has 3 fields, the header row 2"); empty = nothing. Empty
// fields beyond the header, and below a column without a name, are nothing wrong.
std::string csv_row_problem(const std::vector<std::string>& fields, const CsvHeader& header);

// True for a record in which nothing stands.
bool is_blank_csv_row(const std::vector<std::string>& fields);

// A name from a file, in quotes, short and fit for a terminal.
std::string shown_name(std::string_view name);

// Adds one field to `out`, in quotes where it needs them.
void append_csv(std::string& out, std::string_view field);

// Spreadsheets run a text that begins with = + - @ or a tab as a formula, whoever wrote it. An apostrophe in
// front makes it text; unguarded() takes that away, so that unguarded(guarded(x)) is x for every x.
std::string guarded(std::string_view text);
std::string_view unguarded(std::string_view text);

}  // namespace tenantd
