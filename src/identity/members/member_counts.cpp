#include "tenantd/identity/member_counts.hpp"

#include <cstdio>

namespace tenantd::api::handlers {

TimeRange range_of(const JsonValue& query, TimePoint now) {
  constexpr Seconds day{86400};
  const auto* to = member(query, "to_time");
  const auto* from = member(query, "from_time");
  TimeRange range;
  range.to = to ? from_unix(to->GetInt64()) : now;
  range.from = from ? from_unix(from->GetInt64()) : range.to - 30 * day;
  if (range.from > range.to) refuse_field("?from_time", "must not be after to_time");
  return range;
}

std::string date_of(std::int64_t day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  char text[16];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text;
}

}  // namespace tenantd::api::handlers
