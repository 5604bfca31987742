#include "tenantd/db/deadline.hpp"

#include "tenantd/base/time.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::db {
namespace {

constexpr std::int64_t kNone = 0;
constexpr std::int64_t kYearUs = std::int64_t{31'536'000} * 1'000'000;
thread_local std::int64_t deadline_us = kNone;

}  // namespace

Deadline::Deadline(std::int64_t at_us) : before_us_(deadline_us) { deadline_us = at_us; }
Deadline::~Deadline() { deadline_us = before_us_; }

Deadline::Pause::Pause() : began_us_(monotonic_microseconds()) {}
Deadline::Pause::~Pause() {
  if (deadline_us != kNone) deadline_us += monotonic_microseconds() - began_us_;
}

std::int64_t Deadline::left_us() {
  return deadline_us == kNone ? kYearUs : deadline_us - monotonic_microseconds();
}

void Deadline::check() {
  if (left_us() <= 0) throw ApiError(ErrorCode::unavailable).detail("the request's time is over");
}

}  // namespace tenantd::db
