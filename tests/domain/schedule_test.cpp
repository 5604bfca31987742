// When jobs are due.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "tenantd/domain/schedule.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

constexpr std::int64_t kSunday = 1795305600;  // 22 November 2026, 00:00 UTC

}  // namespace

Test(schedule, a_week_is_due_on_sunday_at_midnight_and_not_a_second_before) {
  require_equal(unix_seconds(newest_sunday(from_unix(kSunday))), kSunday);
  require_equal(unix_seconds(newest_sunday(from_unix(kSunday - 1))), kSunday - 7 * 86400);
  require_equal(unix_seconds(newest_sunday(from_unix(kSunday + 7 * 86400 - 1))), kSunday);
  require_equal(unix_seconds(newest_sunday(from_unix(3 * 86400))), std::int64_t{3 * 86400});
}

Test(schedule, a_day_is_due_at_two_in_the_night) {
  const auto two = kSunday + 2 * 3600;
  require_equal(unix_seconds(newest_two_oclock(from_unix(two))), two);
  require_equal(unix_seconds(newest_two_oclock(from_unix(two - 1))), two - 86400);
  require_equal(unix_seconds(newest_two_oclock(from_unix(two + 86399))), two);
}

Test(schedule, days_are_named) {
  require_equal(long_day(from_unix(kSunday)), std::string{"22 November 2026"});
  require_equal(short_day(from_unix(kSunday)), std::string{"Sun 22 Nov"});
  require_equal(short_day(from_unix(kSunday - 1)), std::string{"Sat 21 Nov"});
  require_equal(long_day(from_unix(1709164800)), std::string{"29 February 2024"});
}
