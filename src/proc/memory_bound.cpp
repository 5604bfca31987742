#include "tenantd/proc/memory_bound.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace tenantd::proc {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kHasShadow = true;
#else
constexpr bool kHasShadow = false;
#endif

// glibc reserves twice the 64 MiB of a thread's heap to cut an aligned one out of it.
constexpr std::int64_t kHeapOfThread = std::int64_t{128} << 20;

// Bytes; 0 if the kernel does not say.
std::int64_t address_space() {
  std::ifstream statm{"/proc/self/statm"};
  std::int64_t pages = 0;
  statm >> pages;
  return pages * ::sysconf(_SC_PAGESIZE);
}

std::int64_t stack_of_thread() {
  pthread_attr_t attributes;
  std::size_t size = 0;
  if (::pthread_attr_init(&attributes) != 0) return 0;
  ::pthread_attr_getstacksize(&attributes, &size);
  ::pthread_attr_destroy(&attributes);
  return static_cast<std::int64_t>(size);
}

}  // namespace

bool bound_memory(std::int64_t more, int threads) {
  const auto now = address_space();
  if (kHasShadow || more == 0 || now == 0) return false;
  const auto most = static_cast<rlim_t>(now + more + threads * (stack_of_thread() + kHeapOfThread));
  const struct rlimit limit = {most, most};
  return ::setrlimit(RLIMIT_AS, &limit) == 0;
}

}  // namespace tenantd::proc
