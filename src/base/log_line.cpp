#include "tenantd/base/log_line.hpp"

#include <time.h>

#include <chrono>

namespace tenantd {
namespace {

void put_digits(char* to, int count, std::int64_t number) {
  for (int at = count - 1; at >= 0; --at, number /= 10) to[at] = static_cast<char>('0' + number % 10);
}

}  // namespace

std::int64_t wall_microseconds() {
  struct timespec read {};
  ::clock_gettime(CLOCK_REALTIME, &read);
  return std::int64_t{read.tv_sec} * 1'000'000 + read.tv_nsec / 1000;
}

Timestamp timestamp(std::int64_t milliseconds) {
  namespace c = std::chrono;
  const c::sys_time<c::milliseconds> at{c::milliseconds{milliseconds}};
  const auto day = c::floor<c::days>(at);
  const c::year_month_day date{day};
  const auto in_day = (at - day).count();
  Timestamp text{'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0',
                 '0', ':', '0', '0', ':', '0', '0', '.', '0', '0', '0', 'Z'};
  put_digits(&text[0], 4, int{date.year()});
  put_digits(&text[5], 2, unsigned{date.month()});
  put_digits(&text[8], 2, unsigned{date.day()});
  put_digits(&text[11], 2, in_day / 3'600'000);
  put_digits(&text[14], 2, in_day / 60'000 % 60);
  put_digits(&text[17], 2, in_day / 1000 % 60);
  put_digits(&text[20], 3, in_day % 1000);
  return text;
}

}  // namespace tenantd
