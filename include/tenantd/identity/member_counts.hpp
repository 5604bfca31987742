// What statistics have in common: the range of days that they count, and how a day is written.
#pragma once

#include <string>

#include "tenantd/api/json.hpp"
#include "tenantd/base/time.hpp"

namespace tenantd::api::handlers {

struct TimeRange {
  TimePoint from, to;  // inclusive
};

// Thirty days up to now, unless the query says otherwise by from_time and to_time. Throws
// ApiError(validation_failed) if it ends before it begins.
TimeRange range_of(const JsonValue& query, TimePoint now);

// "2026-11-21" of a count of days since 1970 (UTC).
std::string date_of(std::int64_t day);

}  // namespace tenantd::api::handlers
