#include "tenantd/proc/idle_trim.hpp"

#include <criterion/criterion.h>

using namespace std::chrono_literals;
using tenantd::proc::IdleTrim;

namespace {

// Waits, bounded, for `count` trims.
bool reaches(const IdleTrim& trim, std::int64_t count) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (trim.trims() < count && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  return trim.trims() == count;
}

}  // namespace

Test(idle_trim, memory_is_given_back_once_after_work) {
  IdleTrim trim{5ms};
  trim.worked();
  cr_assert(reaches(trim, 1));
  trim.worked();
  cr_assert(reaches(trim, 2));
}

Test(idle_trim, a_worker_that_never_worked_has_nothing_to_give_back_and_stops_at_once) {
  const auto before = std::chrono::steady_clock::now();
  {
    const IdleTrim trim{60s};
    cr_assert_eq(trim.trims(), 0);
  }
  cr_assert(std::chrono::steady_clock::now() - before < 30s);
}
