// Where a list goes on that is in the order of time and id.
#pragma once

#include "tenantd/base/id.hpp"
#include "tenantd/base/time.hpp"

namespace tenantd::store {

// After this time and id.
struct Keyset {
  TimePoint time;
  UuidBytes id{};
};

}  // namespace tenantd::store
