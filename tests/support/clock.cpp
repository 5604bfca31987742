#include "support/clock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "support/check.hpp"
#include "support/processes.hpp"

namespace tenantd::test {

// The file is mapped by every process of the instance.
void MovedClock::set(std::int64_t seconds) const {
  const int fd = ::open(setting("CLOCK_OFFSET_FILE").c_str(), O_WRONLY | O_CLOEXEC);
  const bool written = fd >= 0 && ::pwrite(fd, &seconds, sizeof seconds, 0) == sizeof seconds;
  if (fd >= 0) ::close(fd);
  if (seconds != 0) require(written, "the clock cannot be moved: CLOCK_OFFSET_FILE");
}

}  // namespace tenantd::test
