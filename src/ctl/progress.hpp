// How far long work has come: "12000 rows, 2400/s, about 35 s left", over itself on a terminal, else a line
// now and then.
#pragma once

#include <cstdint>
#include <ostream>

namespace tenantd::ctl {

class Progress {
 public:
  explicit Progress(std::ostream& err);
  // From here on counts.
  void start();
  // `share`: of the whole that lay ahead at the start, 0 to 1.
  void say(std::int64_t rows, double share);
  // Leaves nothing on a terminal's line.
  void end();
  double seconds() const;

 private:
  std::ostream& err_;
  bool terminal_;
  std::int64_t begun_;
  std::int64_t said_;
};

}  // namespace tenantd::ctl
