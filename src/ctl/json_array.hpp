// The items of one long list in a JSON text, one by one in bounded memory: of its member "users", or of the
// text itself where it is a list.
#pragma once

#include <cstdint>
#include <streambuf>
#include <string>

namespace tenantd::ctl {

class JsonArray {
 public:
  static constexpr std::size_t kMaxItemBytes = 65536;

  // Reads from `in`, which outlives it.
  explicit JsonArray(std::streambuf& in) : in_(in) {}

  // Reads one item; false at the list's end. One that is too long, or at which the file ends, is told as
  // `problem`. Throws ImportFileError if there is no such list.
  bool next(std::string& item, std::string& problem);

  // Where the item that was read begins, from 1.
  std::int64_t line() const { return item_line_; }
  // Read so far.
  std::int64_t bytes() const { return bytes_; }

 private:
  int get();
  int after_blanks();
  void find_list();
  std::string read_name();
  bool read_value(std::string* text, std::string& problem);

  std::streambuf& in_;
  bool found_ = false;
  bool ended_ = false;
  std::int64_t line_ = 1;
  std::int64_t item_line_ = 1;
  std::int64_t bytes_ = 0;
};

}  // namespace tenantd::ctl
