#include "progress.hpp"

#include <unistd.h>

#include "tenantd/base/time.hpp"

namespace tenantd::ctl {

Progress::Progress(std::ostream& err)
    : err_(err), terminal_(::isatty(STDERR_FILENO) == 1), begun_(monotonic_microseconds()), said_(begun_) {}

void Progress::start() { begun_ = said_ = monotonic_microseconds(); }

void Progress::say(std::int64_t rows, double share) {
  const auto now = monotonic_microseconds();
  if (now - said_ < (terminal_ ? 500'000 : 10'000'000)) return;
  said_ = now;
  const double passed = seconds();
  err_ << (terminal_ ? "\r" : "") << "tenantctl: " << rows << " rows, "
       << static_cast<std::int64_t>(static_cast<double>(rows) / passed) << "/s, about "
       << static_cast<std::int64_t>(share > 0 ? passed / share - passed : 0) << " s left"
       << (terminal_ ? "   " : "\n") << std::flush;
}

void Progress::end() {
  if (terminal_) err_ << "\r\033[K" << std::flush;
}

double Progress::seconds() const { return static_cast<double>(monotonic_microseconds() - begun_) / 1e6; }

}  // namespace tenantd::ctl
