// Comma-separated values as RFC 4180 says, and text that no spreadsheet runs.
#include <criterion/criterion.h>

#include <array>
#include <sstream>

#include "support/check.hpp"
#include "tenantd/base/csv.hpp"

using namespace tenantd;
using namespace tenantd::test;

namespace {

// Records as "a|b" a line, with what is wrong with one behind a "!".
std::string records(const std::string& text) {
  std::istringstream in{text};
  CsvReader reader{*in.rdbuf()};
  std::string out, problem;
  std::vector<std::string> fields;
  while (reader.next(fields, problem)) {
    std::string line;
    for (std::size_t i = 0; i < fields.size(); ++i) line += (i == 0 ? "" : "|") + fields[i];
    out += line + (problem.empty() ? "" : "!" + problem) + '\n';
    problem.clear();
  }
  return out;
}

}  // namespace

Test(csv, records_end_in_crlf_or_lf_or_the_end) {
  require_equal(records("a,b\r\nc,d\ne,f"), "a|b\nc|d\ne|f\n");
  require_equal(records("\xEF\xBB\xBF"
                        "a,b\n"),
                "a|b\n");
  require_equal(records(""), "");
}

Test(csv, quotes_hold_commas_quotes_and_lines) {
  require_equal(records("\"a,\"\"b\"\"\",\"c\r\nd\"\r\ne,f\r\n"), "a,\"b\"|c\r\nd\ne|f\n");
}

Test(csv, fields_lie_between_commas_semicolons_or_tabs) {
  require_equal(records("a;b\n1,5;2\n"), "a|b\n1,5|2\n");
  require_equal(records("a\tb\n1;5\t2\n"), "a|b\n1;5|2\n");
  require_equal(records("a;b,c;d\n"), "a|b,c|d\n", "what there is most of");
  require_equal(records("\"a;;;\",b\n"), "a;;;|b\n", "not within quotes");
  require_equal(records("a\nb;c\n"), "a\nb;c\n", "the first record decides");
}

Test(csv, a_line_may_say_what_separates_fields) {
  for (const char* declared : {"sep=;\r\n", "SEP=;\n", "\"sep=;\"\r", "\xEF\xBB\xBFsep=;\n"})
    require_equal(records(std::string{declared} + "a,b;c\n"), "a,b|c\n", declared);
  require_equal(records("sep=\t\na;b\tc\n"), "a;b|c\n");
  require_equal(records("sep=x\n"), "sep=x\n", "no separator");
}

Test(csv, lines_end_in_cr_too_and_are_counted) {
  require_equal(records("a,b\rc,d\re,f"), "a|b\nc|d\ne|f\n");
  std::istringstream in{"a\rb\r\n\"c\r\nd\"\ne"};
  CsvReader reader{*in.rdbuf()};
  std::vector<std::string> fields;
  std::string problem, lines;
  for (auto line = reader.line(); reader.next(fields, problem); line = reader.line())
    lines += std::to_string(line);
  require_equal(lines, "1235");
}

Test(csv, blanks_around_fields_are_no_part_of_them_those_in_quotes_are) {
  require_equal(records(" a , b\t,\tc d \n \" e \" ,f\n"), "a|b|c d\n e |f\n");
}

Test(csv, a_header_names_columns_in_any_case_and_all_that_is_unknown_at_once) {
  constexpr std::array<std::string_view, 3> kKnown{"sku", "first_name", "unit"};
  const auto header = read_csv_header({"Unit", "", "FIRST NAME", "First-Name"}, kKnown);
  require_equal(header.problem, "names the column \"First-Name\" twice");
  require(header.columns[0] == std::size_t{2} && !header.columns[1] && header.has(1), "columns");
  require_equal(read_csv_header({"SKU", "Größe", "Farbe"}, kKnown).problem,
                "names the unknown columns \"Größe\" and \"Farbe\"");
  require_equal(read_csv_header({"x\x1B[31m", "\xFF", "c\xC2\x9Bm"}, kKnown).problem,
                "names the unknown columns \"x?[31m\", \"?\" and \"c?m\"");
  require(read_csv_header({"x"}, kKnown, OtherColumns::ignored).problem.empty(), "ignored");
  std::vector<std::string> many;
  for (int i = 0; i < 30; ++i) many.push_back("x" + std::to_string(i));
  require(read_csv_header(many, kKnown).problem.ends_with("and 10 more"), "many");
}

Test(csv, empty_fields_beyond_the_header_are_nothing) {
  constexpr std::array<std::string_view, 1> kKnown{"sku"};
  const auto header = read_csv_header({"sku", ""}, kKnown);
  require_equal(csv_row_problem({"a", "", "", ""}, header), "");
  require_equal(csv_row_problem({"a", "", "x"}, header), "has 3 fields, the header row 2");
  require_equal(csv_row_problem({"a"}, header), "has 1 fields, the header row 2");
  require_equal(csv_row_problem({"a", "x"}, header), "has something in a column without a name");
  require(is_blank_csv_row({"", "", ""}) && !is_blank_csv_row({"", "x"}), "blank");
}

Test(csv, a_broken_record_does_not_end_the_reading) {
  require_equal(records("a\"b,c\nd,e\n"), "a!has a quote within a field that is not quoted\nd|e\n");
  require_equal(records("\"a\"b\nd,e\n"), "a!has text after a closing quote\nd|e\n");
  require_equal(records("a\n\"b"), "a\nb!has a quote that is never closed\n");
}

Test(csv, what_is_written_is_read_as_it_was) {
  for (const std::string text :
       {"", "plain", "a,b", " padded ", "a;b", "a\tb", "say \"hi\"", "two\r\nlines", "\xC3\xA9"}) {
    std::string line;
    append_csv(line, text);
    require_equal(records(line + ",x\r\n"), text + "|x\n");
  }
}

Test(csv, no_text_that_leaves_is_a_formula_and_every_one_comes_back) {
  for (const std::string text :
       {"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "''=1", "'", "''", "'x", "", "x=1"}) {
    const auto out = guarded(text);
    require(out.empty() || std::string{"=+-@\t\r\n"}.find(out[0]) == std::string::npos, text);
    require_equal(std::string{unguarded(out)}, text);
  }
  require_equal(guarded("=1"), "'=1");
  require_equal(guarded("x"), "x");
}
