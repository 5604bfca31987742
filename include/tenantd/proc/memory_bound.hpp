// A bound on what one process may take: past it, an allocation fails, and the request that asked for it.
#pragma once

#include <cstdint>

namespace tenantd::proc {

// From here on this process's address space may grow by `more` bytes (RLIMIT_AS), besides the stacks and
// heaps of `threads` threads that are still to start. Irrevocable for it. Returns false if `more` is 0, if
// the kernel refuses, and in a build for a sanitizer whose shadow fills the address space.
bool bound_memory(std::int64_t more, int threads);

}  // namespace tenantd::proc
