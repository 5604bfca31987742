// Ends the process when one piece of work has used more CPU time than it may. Work that computes for ever
// cannot be interrupted from outside; a worker that is gone is started again by its master, and the other
// workers go on.
#pragma once

#include <chrono>
#include <string_view>

namespace tenantd::http {

// The exit status of a process that ended so.
inline constexpr int kCpuSpent = 99;

// Watches the thread that made it until its end, one at a time a thread. Only CPU time counts: a thread that
// waits spends none. The process writes one line of the log, with the names below, and exits with kCpuSpent.
class CpuWatch {
 public:
  explicit CpuWatch(std::chrono::milliseconds most);
  ~CpuWatch();
  CpuWatch(const CpuWatch&) = delete;
  CpuWatch& operator=(const CpuWatch&) = delete;

  // What this thread works on, for the log. Both outlive the watch and hold neither quotes nor backslashes.
  static void on(std::string_view path, std::string_view request_id);

  // While it lives nothing is counted: around work that is long by its nature and has an end, such as reading
  // a file of a size that is known. One at a time a thread; without a watch it does nothing.
  class Pause {
   public:
    Pause();
    ~Pause();
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    std::chrono::nanoseconds left_;
  };
};

}  // namespace tenantd::http
