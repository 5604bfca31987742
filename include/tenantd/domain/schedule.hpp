// When the scheduled jobs are due: pure functions of the time, in UTC.
#pragma once

#include <string>

#include "tenantd/base/time.hpp"

namespace tenantd {

inline constexpr Seconds kDay{86400};
inline constexpr Seconds kWeek{7 * 86400};

// The newest Sunday, 00:00 UTC, that is not after `now`. 1 January 1970 was a Thursday.
constexpr TimePoint newest_sunday(TimePoint now) {
  constexpr TimePoint first = from_unix(3 * 86400);
  return first + std::chrono::floor<std::chrono::weeks>(now - first);
}

// The newest 02:00 UTC that is not after `now`.
constexpr TimePoint newest_two_oclock(TimePoint now) {
  constexpr TimePoint first = from_unix(2 * 3600);
  return first + std::chrono::floor<std::chrono::days>(now - first);
}

// "15 November 2026", and "Sun 15 Nov".
std::string long_day(TimePoint time);
std::string short_day(TimePoint time);

}  // namespace tenantd
