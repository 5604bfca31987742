#include "runtime.hpp"

#include <fcgiapp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <system_error>

namespace tenantd::http {
namespace {

void init_once() {
  std::array<struct sigaction, 2> before = {};
  sigaction(SIGTERM, nullptr, &before[0]);
  sigaction(SIGUSR1, nullptr, &before[1]);
  const int status = FCGX_Init();
  sigaction(SIGTERM, &before[0], nullptr);
  sigaction(SIGUSR1, &before[1], nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  if (status != 0) throw std::system_error{status, std::generic_category(), "FCGX_Init"};
}

}  // namespace

void throw_errno(const char* what) { throw std::system_error{errno, std::generic_category(), what}; }

Descriptor owned(int fd, const char* what) {
  if (fd < 0) throw_errno(what);
  return Descriptor{fd};
}

std::size_t descriptor_limit() {
  constexpr std::size_t most = 65536;
  struct rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return most;
  return std::min<std::size_t>(limit.rlim_cur, most);
}

void init_libfcgi() {
  static std::once_flag once;
  std::call_once(once, init_once);
}

}  // namespace tenantd::http
