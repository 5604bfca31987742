// The files of an import: what is a row, and what is said of a record that is none.
#include <criterion/criterion.h>

#include <sstream>
#include <string>
#include <vector>

#include "support/check.hpp"
#include "tenantd/ctl/import_reader.hpp"

using namespace tenantd;
using ctl::ImportFormat;
using ctl::ImportReader;
using test::require;
using test::require_equal;

namespace {

std::vector<ctl::ImportRecord> read(const std::string& text, ImportFormat format = ImportFormat::csv) {
  std::istringstream in{text};
  ImportReader reader{in, format};
  std::vector<ctl::ImportRecord> found;
  for (ctl::ImportRecord record; reader.next(record);) found.push_back(record);
  return found;
}

// "email/last_name" of each row, or "line: problem".
std::string told(const std::string& text, ImportFormat format = ImportFormat::csv) {
  std::string out;
  for (const auto& record : read(text, format)) {
    out += record.problem.empty() ? record.row.email + '/' + record.row.last_name
                                  : std::to_string(record.line) + ": " + record.problem;
    out += ';';
  }
  return out;
}

std::string header_fault(const std::string& text) {
  try {
    read(text);
  } catch (const ctl::ImportFileError& e) {
    return e.what();
  }
  return {};
}

const std::string kHeader = "email,last_name\n";

}  // namespace

Test(import_reader, rows_are_read_by_their_columns_names) {
  const auto rows = read("role,email,email_verified\nviewer,a@b.c,true\n,d@e.f,\n");
  require_equal(rows.size(), 2U);
  require(
      rows[0].row.role == "viewer" && rows[0].row.email == "a@b.c" && rows[0].row.email_verified == "true",
      "the first");
  require(rows[1].row.role.empty() && rows[1].row.email == "d@e.f", "the second");
}

Test(import_reader, quotes_hold_commas_line_ends_and_quotes) {
  require_equal(told(kHeader + "a@b.c,\"Doe, Jr.\"\n"), "a@b.c/Doe, Jr.;");
  require_equal(told(kHeader + "a@b.c,\"O\"\"Neil\"\n"), "a@b.c/O\"Neil;");
  require_equal(told(kHeader + "a@b.c,\"\"\"\"\n"), "a@b.c/\";");
  require_equal(told(kHeader + "a@b.c,\"two\r\nlines\"\nd@e.f,x"), "a@b.c/two\r\nlines;d@e.f/x;");
  require_equal(told(kHeader + "\"a@b.c\",\"\"\n"), "a@b.c/;");
}

Test(import_reader, lines_end_in_either_way_and_the_last_one_may_not_end) {
  for (const char* end : {"\n", "\r\n"})
    for (const char* last : {"", end})
      require_equal(told("email,last_name" + std::string{end} + "a@b.c,x" + end + end + "d@e.f,y" + last),
                    "a@b.c/x;d@e.f/y;");
}

Test(import_reader, a_byte_order_mark_is_no_part_of_the_first_name) {
  require_equal(told("\xEF\xBB\xBF" + kHeader + "a@b.c,x\n"), "a@b.c/x;");
  require_equal(told("\xEF\xBB\xBF{\"email\":\"a@b.c\"}\n", ImportFormat::jsonl), "a@b.c/;");
}

Test(import_reader, a_record_that_is_no_row_is_told_with_its_line_and_the_next_one_is_read) {
  const std::string rest = "\nd@e.f,y\n";
  const auto after = [&](const std::string& record) {
    return told(kHeader + "\"b@b.b\",\"\n\"\n" + record + rest);
  };
  const auto expected = [](const char* problem) {
    return std::string{"b@b.b/\n;4: "} + problem + ";d@e.f/y;";
  };
  require_equal(after("a@b.c"), expected("has 1 fields, the header row 2"));
  require_equal(after("a@b.c,x,z"), expected("has 3 fields, the header row 2"));
  require_equal(after("a@b.c,x\"y"), expected("has a quote within a field that is not quoted"));
  require_equal(after("a@b.c,\"x\"y"), expected("has text after a closing quote"));
  require_equal(after("a@b.c,\xC3\x28"), expected("is not UTF-8"));
  require_equal(after("a@b.c," + std::string(70000, 'x')), expected("is longer than 65536 bytes"));
  require_equal(after("a@b.c,\"" + std::string(70000, '\n') + '"').substr(0, 40),
                expected("is longer than 65536 bytes").substr(0, 40));
}

Test(import_reader, a_quote_that_is_never_closed_is_one_record) {
  require_equal(told(kHeader + "a@b.c,\"x\nd@e.f,y\n"), "2: has a quote that is never closed;");
}

// However long it is: memory is bounded by the record, not by the file.
Test(import_reader, what_is_too_long_is_not_kept) {
  const auto rows = read(kHeader + "a@b.c,\"" + std::string(5'000'000, 'x') + "\"\n");
  require_equal(rows.size(), 1U);
  require(rows[0].row.last_name.size() <= ImportReader::kMaxRecordBytes, "kept");
}

Test(import_reader, a_header_must_name_the_address_and_nothing_unknown_or_twice) {
  require_equal(header_fault("last_name\n"), "the header row does not name the column \"email\"");
  require_equal(header_fault("email,pass\x1Bword\n"),
                "the header row names the unknown column \"pass?word\"");
  require_equal(header_fault("email,role,email\n"), "the header row names the column \"email\" twice");
  require_equal(header_fault(""), "the header row cannot be read");
  require_equal(header_fault("email,\"role"),
                "the header row cannot be read: it has a quote that is never closed");
  require_equal(told("email\n"), "");
}

Test(import_reader, objects_are_read_line_by_line) {
  require_equal(told("{\"email\":\"a@b.c\",\"last_name\":\"x\",\"role\":null}\r\n\n  \n"
                     "{\"email\":\"d@e.f\",\"email_verified\":true}",
                     ImportFormat::jsonl),
                "a@b.c/x;d@e.f/;");
  const auto fault = [](const std::string& line) {
    return told(line + "\n{\"email\":\"d@e.f\"}", ImportFormat::jsonl);
  };
  for (const auto& [line, problem] : std::vector<std::pair<std::string, std::string>>{
           {"{\"email\":", "is not valid JSON"},
           {"{\"email\":\"a\",\"email\":\"b\"}", "is not valid JSON"},
           {"{\"email\":\"\xFF\"}", "is not valid JSON"},
           {"[]", "is no JSON object"},
           {"{\"email\":1}", "has no text in \"email\""},
           {"{\"role\":true}", "has no text in \"role\""},
           {"{\"is_super\":true}", "has the unknown member \"is_super\""},
           {"{\"email\":\"" + std::string(70000, 'x') + "\"}", "is longer than 65536 bytes"}})
    require_equal(fault(line), "1: " + problem + ";d@e.f/;", line.substr(0, 40));
}
