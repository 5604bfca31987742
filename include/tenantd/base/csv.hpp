// Comma-separated values (RFC 4180): records of fields, some in quotes, lines that end in CRLF or LF. A mark
// that says UTF-8 may come first.
#pragma once

#include <cstdint>
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

  // Reads one record, which may go over several lines; false at the end. A fault is told as `problem` ("has
  // text after a closing quote"), and does not end the reading: what follows is the next record.
  bool next(std::vector<std::string>& fields, std::string& problem);
  // Reads one line as it is, without its end.
  bool next_line(std::string& text, std::string& problem);

  // Of what is read next, from 1.
  std::int64_t line() const { return line_; }
  // Read so far.
  std::int64_t bytes() const { return bytes_; }

 private:
  enum class Field { start, plain, quoted, after_quote };
  int get();

  std::streambuf& in_;
  std::int64_t line_ = 1;
  std::int64_t bytes_ = 0;
};

// Adds one field to `out`, in quotes where it needs them.
void append_csv(std::string& out, std::string_view field);

// Spreadsheets run a text that begins with = + - @ or a tab as a formula, whoever wrote it. An apostrophe in
// front makes it text; unguarded() takes that away, so that unguarded(guarded(x)) is x for every x.
std::string guarded(std::string_view text);
std::string_view unguarded(std::string_view text);

}  // namespace tenantd
