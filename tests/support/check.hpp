// Expectations that are thrown, so that whatever a test has started is ended on the way out.
#pragma once

#include <source_location>
#include <sstream>
#include <stdexcept>
#include <string>

namespace tenantd::test {

struct Failure : std::runtime_error {
  Failure(const std::string& what, const std::source_location& at)
      : runtime_error(std::string{at.file_name()} + ':' + std::to_string(at.line()) + ": " + what) {}
};

inline void require(bool holds, const std::string& what,
                    const std::source_location& at = std::source_location::current()) {
  if (!holds) throw Failure{what, at};
}

template <class A, class B>
void require_equal(const A& actual, const B& expected, const std::string& what = "",
                   const std::source_location& at = std::source_location::current()) {
  if (actual == expected) return;
  std::ostringstream text;
  text << what << (what.empty() ? "" : ": ") << "expected \"" << expected << "\", got \"" << actual << '"';
  throw Failure{text.str(), at};
}

}  // namespace tenantd::test
