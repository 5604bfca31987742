// Faults of whoever typed the command.
#pragma once

#include <stdexcept>
#include <string>

#include "tenantd/ctl/commands.hpp"

namespace tenantd::ctl {

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void expect_at_most(const Arguments& arguments, std::size_t count) {
  if (arguments.size() > count) throw UsageError("unexpected argument \"" + arguments[count] + "\"");
}

}  // namespace tenantd::ctl
