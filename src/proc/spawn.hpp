// A worker process: from the fork to _exit, and the pipe on which workers report to the master.
#pragma once

#include <sys/types.h>

#include <optional>

#include "tenantd/base/descriptor.hpp"
#include "tenantd/proc/supervisor.hpp"

namespace tenantd::proc {

struct Report {
  enum class Kind : int { ready, retiring };
  pid_t pid;
  Kind kind;
};

// Master's end and workers' end in one; the forked worker keeps the writing end only.
class ReportPipe {
 public:
  ReportPipe();

  int fd() const { return read_.get(); }
  // Returns the next report, or nullopt if there is none now.
  std::optional<Report> next() const;
  // In the worker: worker_ready() and worker_retiring() write here.
  void become_worker();

 private:
  Descriptor read_;
  Descriptor write_;
};

struct WorkerStart {
  const SupervisorOptions& options;
  const WorkerMain& main;
  const Lane& lane;
  int slot;
  int listen_fd;
  pid_t master;
};

// The worker's side of the fork, with the signals that supervise() blocked still blocked.
[[noreturn]] void run_worker(const WorkerStart& start);

}  // namespace tenantd::proc
