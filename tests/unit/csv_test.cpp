// Comma-separated values as RFC 4180 says, and text that no spreadsheet runs.
#include <criterion/criterion.h>

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

Test(csv, a_broken_record_does_not_end_the_reading) {
  require_equal(records("a\"b,c\nd,e\n"), "a!has a quote within a field that is not quoted\nd|e\n");
  require_equal(records("\"a\"b\nd,e\n"), "a!has text after a closing quote\nd|e\n");
  require_equal(records("a\n\"b"), "a\nb!has a quote that is never closed\n");
}

Test(csv, what_is_written_is_read_as_it_was) {
  for (const std::string text : {"", "plain", "a,b", "say \"hi\"", "two\r\nlines", "\xC3\xA9"}) {
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
