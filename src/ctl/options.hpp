// The words behind a command: one reader for all commands.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "tenantd/ctl/commands.hpp"

namespace tenantd::ctl {

// Takes a value, or is one that stands there or does not.
struct Option {
  Option(std::string_view its_name, std::string& its_value) : name(its_name), value(&its_value) {}
  Option(std::string_view its_name, bool& its_flag) : name(its_name), flag(&its_flag) {}
  std::string_view name;
  std::string* value = nullptr;
  bool* flag = nullptr;
};

// Fills `options` in and returns the other words, `most` at most, in their order. Throws UsageError for an
// option that is not among them, one whose value is missing or empty, and a word too many.
Arguments read_options(const Arguments& arguments, std::initializer_list<Option> options,
                       std::size_t most = 0);

}  // namespace tenantd::ctl
