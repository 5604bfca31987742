// What the server needs from the system before it starts.
#pragma once

#include <cstddef>

#include "tenantd/base/descriptor.hpp"

namespace tenantd::http {

// Throws std::system_error for errno.
[[noreturn]] void throw_errno(const char* what);

// Returns the owner of `fd`. Throws std::system_error for errno if it is negative; `what` names the call that
// gave it.
Descriptor owned(int fd, const char* what);

// Returns the count of descriptors that this process may open, at most 65536.
std::size_t descriptor_limit();

// Initializes libfcgi, once in a process. SIGPIPE is ignored afterwards; SIGTERM and SIGUSR1, which libfcgi
// takes too, are as they were.
void init_libfcgi();

}  // namespace tenantd::http
