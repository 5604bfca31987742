#include "tenantd/base/time.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <system_error>

#include "tenantd/base/descriptor.hpp"

namespace tenantd {
namespace {

std::atomic<std::int64_t> g_no_offset{0};
std::atomic<std::int64_t>* g_offset = &g_no_offset;

std::int64_t offset_seconds() { return g_offset->load(std::memory_order_relaxed); }

}  // namespace

TimePoint now() {
  const auto system = std::chrono::time_point_cast<Seconds>(std::chrono::system_clock::now());
  return system + Seconds{offset_seconds()};
}

std::int64_t now_milliseconds() {
  const auto system = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(system).count() + offset_seconds() * 1000;
}

void use_offset_file(const std::string& path) {
  const auto file = open_file(path, O_RDONLY);
  if (!file) throw std::system_error(errno, std::generic_category(), path);
  void* page = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file.get(), 0);
  if (page == MAP_FAILED) throw std::system_error(errno, std::generic_category(), path);
  g_offset = static_cast<std::atomic<std::int64_t>*>(page);
}

std::int64_t boot_microseconds() {
  struct timespec read {};
  ::clock_gettime(CLOCK_BOOTTIME, &read);
  return std::int64_t{read.tv_sec} * 1'000'000 + read.tv_nsec / 1000;
}

std::int64_t monotonic_microseconds() {
  const auto elapsed = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count();
}

}  // namespace tenantd
