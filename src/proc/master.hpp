// The master's state and its moves. One thread; signals and reports arrive as readable descriptors.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "notify.hpp"
#include "sockets.hpp"
#include "spawn.hpp"
#include "tenantd/base/descriptor.hpp"
#include "tenantd/proc/supervisor.hpp"

namespace tenantd::proc {

inline constexpr std::int64_t kFirstBackoffUs = 50'000;
inline constexpr std::int64_t kNever = INT64_MAX;

struct Process {
  pid_t pid = 0;  // 0 = none
  bool ready = false;
  std::int64_t started_us = 0;
};

// One place for a worker. `next` is the successor during a reload, until it is ready.
struct Slot {
  const Lane* lane;
  int listen_fd;
  Process current;
  Process next;
  std::int64_t backoff_us = kFirstBackoffUs;
  std::int64_t respawn_at_us = kNever;
};

// A worker that was told to drain, or said that it does.
struct Retired {
  pid_t pid;
  std::int64_t kill_at_us;
};

// SIGTERM, SIGINT, SIGHUP and SIGCHLD: blocked, and readable at fd().
class SignalGuard {
 public:
  SignalGuard();
  ~SignalGuard();
  SignalGuard(const SignalGuard&) = delete;
  SignalGuard& operator=(const SignalGuard&) = delete;

  int fd() const { return signals_.get(); }
  // Returns the number of the next pending signal, or 0.
  int next() const;

 private:
  sigset_t before_{};
  Descriptor signals_;
};

class Supervisor {
 public:
  Supervisor(const SupervisorOptions& options, const WorkerMain& worker_main);
  int run();

 private:
  void event(const std::string& name, pid_t pid = 0, int status = 0) const {
    if (options_.on_event) options_.on_event(name, pid, status);
  }
  Process spawn(Slot& slot);
  void spawn_current(Slot& slot);
  void back_off(Slot& slot);
  void retire(Process& process, bool tell);

  void wait();
  std::int64_t next_timer_us() const;
  void read_signals();
  void read_reports();
  void on_ready(pid_t pid);
  void on_retiring(pid_t pid);
  void reap();
  void reap_slot(Slot& slot);
  void current_ended(Slot& slot, int status);
  void run_timers();
  void check_hung(Slot& slot, std::int64_t now_us);

  void start_reload();
  void advance_reload();
  void end_reload(const char* how, pid_t pid, int status);
  void start_stop();
  void kill_all();
  bool all_gone() const;
  void report_status();

  const SupervisorOptions& options_;
  const WorkerMain& worker_main_;
  SignalGuard signals_;
  ReportPipe reports_;
  std::vector<Listener> listeners_;
  std::vector<Slot> slots_;
  std::vector<Retired> retired_;
  std::size_t reload_at_ = kNoReload;  // the slot whose successor is awaited
  bool reload_again_ = false;
  bool announced_ = false;  // READY=1 was sent
  bool stopping_ = false;
  std::int64_t watchdog_us_ = notify::watchdog_interval_us();
  std::int64_t watchdog_at_us_ = watchdog_us_ > 0 ? 0 : kNever;
  std::string status_;
  static constexpr std::size_t kNoReload = SIZE_MAX;
};

}  // namespace tenantd::proc
