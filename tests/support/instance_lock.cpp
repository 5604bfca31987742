#include "support/instance_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <mutex>

#include "support/check.hpp"
#include "support/processes.hpp"

namespace tenantd::test {
namespace {

// Closed, and thereby unlocked, by the end of the process.
int lock_file() {
  static const int fd = [] {
    const int opened = ::open((run_dir() + "/tests.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    require(opened >= 0, "the lock file cannot be opened");
    return opened;
  }();
  return fd;
}

std::once_flag g_shared;
int g_alone = 0;  // how many Alone there are in this process

}  // namespace

void share_instance() {
  std::call_once(g_shared, [] { require(::flock(lock_file(), LOCK_SH) == 0, "flock failed"); });
}

Alone::Alone() {
  share_instance();
  // Gives the shared lock up while it waits, so that two who want to be alone do not wait for each other.
  if (g_alone == 0) require(::flock(lock_file(), LOCK_EX) == 0, "flock failed");
  ++g_alone;
}

// Of several the first decides: what a MovedClock moved is to be back before others go on.
Alone::~Alone() {
  if (--g_alone == 0) ::flock(lock_file(), LOCK_SH);
}

}  // namespace tenantd::test
