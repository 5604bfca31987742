// How old something is, by a clock that an administrator may set back.
#pragma once

#include "tenantd/base/time.hpp"

namespace tenantd {

// Returns true if `since` lies less than `lifetime` before `now`. What lies after `now` is not young: the
// clock was set back, nobody knows how old it is, and what grants something to the young must not grant it.
constexpr bool is_younger(TimePoint since, TimePoint now, Seconds lifetime) {
  return since <= now && now - since < lifetime;
}

}  // namespace tenantd
