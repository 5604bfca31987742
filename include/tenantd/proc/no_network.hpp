// A process that serves one unix socket and one database behind another needs no network: it gives it up, so
// that whoever takes it over reaches nobody. The lane that calls others keeps it.
#pragma once

namespace tenantd::proc {

// From here on this process, its threads and its children make no sockets but unix ones: socket(2) fails with
// EAFNOSUPPORT, io_uring with ENOSYS (seccomp(2)). Irrevocable; what is open stays open. Returns false if the
// kernel does not offer that.
bool give_up_network();

}  // namespace tenantd::proc
