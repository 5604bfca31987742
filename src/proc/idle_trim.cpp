#include "tenantd/proc/idle_trim.hpp"

#include <malloc.h>

namespace tenantd::proc {

void use_one_heap() { ::mallopt(M_ARENA_MAX, 1); }

IdleTrim::IdleTrim(std::chrono::milliseconds quiet) : thread_([this, quiet] { watch(quiet); }) {}

IdleTrim::~IdleTrim() {
  {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;
  }
  stop_.notify_one();
  thread_.join();
}

void IdleTrim::watch(std::chrono::milliseconds quiet) {
  std::int64_t seen = 0;
  std::int64_t trimmed = 0;
  std::unique_lock lock{mutex_};
  while (!stop_.wait_for(lock, quiet, [this] { return stopping_; })) {
    const auto work = work_.load(std::memory_order_relaxed);
    if (work == seen && work != trimmed) {
      ::malloc_trim(0);
      trimmed = work;
      trims_.fetch_add(1);
    }
    seen = work;
  }
}

}  // namespace tenantd::proc
