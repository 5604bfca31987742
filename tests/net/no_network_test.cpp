// A process that gave up the network reaches nobody by it, and works on.
#include <criterion/criterion.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <thread>

#include "support/check.hpp"
#include "tenantd/proc/no_network.hpp"

using namespace tenantd;

namespace {

// Runs `work` in a child; returns its exit status.
int in_child(const std::function<int()>& work) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(work());
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int refusal_of_socket(int domain) {
  const int fd = ::socket(domain, SOCK_STREAM, 0);
  if (fd >= 0) return ::close(fd), 0;
  return errno;
}

}  // namespace

Test(no_network, sockets_of_every_family_but_unix_are_refused) {
  const int status = in_child([] {
    if (refusal_of_socket(AF_INET) != 0) return 1;
    if (!proc::give_up_network()) return 2;
    for (const int domain : {AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK})
      if (refusal_of_socket(domain) != EAFNOSUPPORT) return 3;
    return refusal_of_socket(AF_UNIX) == 0 ? 0 : 4;
  });
  test::require_equal(status, 0);
}

Test(no_network, no_other_call_makes_one_and_threads_and_children_are_bound_too) {
  const int status = in_child([] {
    if (!proc::give_up_network()) return 2;
    if (::syscall(SYS_io_uring_setup, 1, nullptr) != -1 || errno != ENOSYS) return 3;
    int inside = 0;
    std::thread{[&] { inside = refusal_of_socket(AF_INET); }}.join();
    if (inside != EAFNOSUPPORT) return 4;
    return in_child([] { return refusal_of_socket(AF_INET6) == EAFNOSUPPORT ? 0 : 1; });
  });
  test::require_equal(status, 0);
}

Test(no_network, what_was_open_stays_open) {
  int ends[2];
  test::require(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
  const int status = in_child([&] {
    if (!proc::give_up_network()) return 2;
    return ::write(ends[0], "x", 1) == 1 ? 0 : 1;
  });
  test::require_equal(status, 0);
}
