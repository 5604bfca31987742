// How far an import is, for whoever waits for it.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <ostream>

#include "tenantd/base/time.hpp"

namespace tenantd::ctl {

// "12000 rows, 2400/s, about 35 s left": over itself on a terminal, else a line now and then.
class Progress {
 public:
  Progress(std::ostream& err, std::int64_t size)
      : err_(err), size_(size), terminal_(::isatty(STDERR_FILENO) == 1), begun_(monotonic_microseconds()) {}
  // From here on counts: what came before was only read over.
  void start(std::int64_t bytes) {
    from_ = bytes;
    begun_ = said_ = monotonic_microseconds();
  }
  void say(std::int64_t rows, std::int64_t bytes) {
    const auto now = monotonic_microseconds();
    if (now - said_ < (terminal_ ? 500'000 : 10'000'000)) return;
    said_ = now;
    const double seconds = static_cast<double>(now - begun_) / 1e6;
    const double share =
        static_cast<double>(bytes - from_) / static_cast<double>(std::max<std::int64_t>(1, size_ - from_));
    err_ << (terminal_ ? "\r" : "") << "tenantctl: " << rows << " rows, "
         << static_cast<std::int64_t>(static_cast<double>(rows) / seconds) << "/s, about "
         << static_cast<std::int64_t>(share > 0 ? seconds / share - seconds : 0) << " s left"
         << (terminal_ ? "   " : "\n") << std::flush;
  }
  void end() {
    if (terminal_) err_ << "\r\033[K" << std::flush;
  }
  double seconds() const { return static_cast<double>(monotonic_microseconds() - begun_) / 1e6; }

 private:
  std::ostream& err_;
  std::int64_t size_;
  bool terminal_;
  std::int64_t begun_;
  std::int64_t said_ = 0;
  std::int64_t from_ = 0;
};

}  // namespace tenantd::ctl
