// Time as the rules see it: whole seconds since 1970, always handed in, never read in the middle of a rule.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tenantd {

using Seconds = std::chrono::seconds;
using TimePoint = std::chrono::sys_seconds;

constexpr std::int64_t unix_seconds(TimePoint t) { return t.time_since_epoch().count(); }
constexpr TimePoint from_unix(std::int64_t seconds) { return TimePoint{Seconds{seconds}}; }

// Returns the current time: the system clock plus the offset that use_offset_file() maps, if any.
TimePoint now();

// Milliseconds since 1970 by the same clock, for UUIDv7.
std::int64_t now_milliseconds();

// Maps the eight bytes of `path` (a signed native integer, seconds) as an offset that every later now() adds,
// so that a test moves the clock of running processes. Throws std::system_error if it cannot be mapped.
void use_offset_file(const std::string& path);

// Returns a monotonic reading in microseconds, for measuring durations only.
std::int64_t monotonic_microseconds();

// The same, and it goes on while the machine sleeps: for what must not be believed after a pause.
std::int64_t boot_microseconds();

}  // namespace tenantd
