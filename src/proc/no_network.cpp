#include "tenantd/proc/no_network.hpp"

#include <seccomp.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>

namespace tenantd::proc {

bool give_up_network() {
  const std::unique_ptr<void, decltype(&::seccomp_release)> filter{::seccomp_init(SCMP_ACT_ALLOW),
                                                                   &::seccomp_release};
  if (!filter) return false;
  // Another processor's calls would pass by their numbers. io_uring makes sockets by itself.
  return ::seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)) == 0 &&
         ::seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(io_uring_setup), 0) == 0 &&
         ::seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                            SCMP_A0(SCMP_CMP_NE, AF_UNIX)) == 0 &&
         ::seccomp_load(filter.get()) == 0;  // NO_NEW_PRIVS with it
}

}  // namespace tenantd::proc
