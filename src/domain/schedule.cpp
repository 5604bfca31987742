#include "tenantd/domain/schedule.hpp"

#include <array>
#include <string_view>

namespace tenantd {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kWeekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

std::chrono::year_month_day date_of(TimePoint time) { return {std::chrono::floor<std::chrono::days>(time)}; }

std::string_view month_of(const std::chrono::year_month_day& date) {
  return kMonths.at(unsigned{date.month()} - 1);
}

}  // namespace

std::string long_day(TimePoint time) {
  const auto date = date_of(time);
  return std::to_string(unsigned{date.day()}) + ' ' + std::string{month_of(date)} + ' ' +
         std::to_string(int{date.year()});
}

std::string short_day(TimePoint time) {
  const auto date = date_of(time);
  const std::chrono::weekday weekday{std::chrono::floor<std::chrono::days>(time)};
  return std::string{kWeekdays.at(weekday.c_encoding())} + ' ' + std::to_string(unsigned{date.day()}) + ' ' +
         std::string{month_of(date).substr(0, 3)};
}

}  // namespace tenantd
