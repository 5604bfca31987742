// Where a list goes on that is ordered by time.
#pragma once

#include "tenantd/base/id.hpp"
#include "tenantd/base/time.hpp"

namespace tenantd::store {

// After this time, and of equal times after this id.
struct Keyset {
  TimePoint time;
  UuidBytes id{};
};

}  // namespace tenantd::store
