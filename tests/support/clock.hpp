// The clock of the whole instance, moved for one test that is alone meanwhile.
#pragma once

#include <cstdint>

#include "support/instance_lock.hpp"

namespace tenantd::test {

class MovedClock {
 public:
  // Waits to be alone.
  MovedClock() = default;
  // Back to the system's time.
  ~MovedClock() { set(0); }
  MovedClock(const MovedClock&) = delete;
  MovedClock& operator=(const MovedClock&) = delete;

  // Every process of the instance reads the system's time plus `seconds` from now on.
  void set(std::int64_t seconds) const;

 private:
  Alone alone_;
};

}  // namespace tenantd::test
