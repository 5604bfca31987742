// What a process says as it crashes: a line of the log, and with reports switched on a datagram to the
// process that sends them. Both name places in the program only.
#pragma once

#include <string>
#include <string_view>

#include "tenantd/watch/report.hpp"

namespace tenantd::watch {

// From here on a signal that ends this process because of its own fault (SIGSEGV, SIGBUS, SIGFPE, SIGILL,
// SIGABRT) is told of first; then it ends as it would have. `socket`: of the handover; empty = the log alone.
// Does nothing in a build for a sanitizer, which tells of it itself. Children that are forked have it too.
void tell_of_crashes(std::string_view process, const std::string& socket);

// Reads what such a process has sent, in a process of the same program. Returns false if it is none.
bool read_crash(std::string_view text, Failure& failure);

}  // namespace tenantd::watch
