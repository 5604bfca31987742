// Where a list goes on that is ordered by time.
#pragma once

#include "tenantd/base/id.hpp"
#include "tenantd/base/time.hpp"

namespace tenantd::store {

// After this time, and of equal times after this id.
struct Keyset {
  TimePoint time;
  UuidBytes id{};

  // Before all there is in a list that has the newest first.
  static Keyset newest() {
    Keyset start{from_unix(std::int64_t{1} << 40U), {}};
    start.id.fill(0xFF);
    return start;
  }
};

}  // namespace tenantd::store
