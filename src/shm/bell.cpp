#include "tenantd/shm/bell.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>

namespace tenantd::shm {

Bell::Bell() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0) throw std::runtime_error("eventfd failed");
}

Bell::~Bell() { ::close(fd_); }

// One that has rung so often that nothing can be added rings already.
void Bell::ring() const noexcept { [[maybe_unused]] const auto ignored = ::eventfd_write(fd_, 1); }

bool Bell::silence(int fd) noexcept {
  std::uint64_t rung = 0;
  return ::read(fd, &rung, sizeof rung) == sizeof rung;
}

}  // namespace tenantd::shm
