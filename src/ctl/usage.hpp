// Faults of whoever typed the command, and of what its output goes to.
#pragma once

#include <stdexcept>
#include <string>

#include "tenantd/ctl/commands.hpp"

namespace tenantd::ctl {

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What was printed did not get where it should go.
struct OutputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Throws OutputError unless all that was printed is out.
void flush(std::ostream& out);

}  // namespace tenantd::ctl
