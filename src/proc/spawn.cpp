#include "spawn.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <string>
#include <system_error>

namespace tenantd::proc {
namespace {

constexpr int kFailed = 70;  // EX_SOFTWARE of sysexits.h

int g_report_fd = -1;

void send_report(Report::Kind kind) {
  if (g_report_fd < 0) return;
  const Report report{::getpid(), kind};
  // Atomic below PIPE_BUF. The master reads it or is gone; neither is the worker's concern.
  [[maybe_unused]] const auto written = ::write(g_report_fd, &report, sizeof report);
}

// Readable while SIGTERM or SIGINT is pending, which is for good, because nobody reads it. A thread and an
// eventfd would do the same for a stack more.
int make_stop_fd() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  const int fd = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) throw std::system_error{errno, std::generic_category(), "signalfd"};
  return fd;
}

void release_child_signal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace

void worker_ready() { send_report(Report::Kind::ready); }
void worker_retiring() { send_report(Report::Kind::retiring); }

ReportPipe::ReportPipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
    throw std::system_error{errno, std::generic_category(), "pipe2"};
  read_.reset(ends[0]);
  write_.reset(ends[1]);
}

std::optional<Report> ReportPipe::next() const {
  Report report{};
  if (::read(read_.get(), &report, sizeof report) != sizeof report) return std::nullopt;
  return report;
}

void ReportPipe::become_worker() {
  read_.reset();
  g_report_fd = write_.get();
}

void run_worker(const WorkerStart& start) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != start.master) ::kill(::getpid(), SIGTERM);  // the master died before the line above
  std::signal(SIGPIPE, SIG_IGN);
  release_child_signal();
  // A niceness that the kernel refuses costs priority, not service.
  if (start.lane.niceness != 0) [[maybe_unused]]
    const int nice_now = ::nice(start.lane.niceness);
  int status = kFailed;
  try {
    status = start.main(start.lane, start.slot, start.listen_fd, make_stop_fd());
  } catch (const std::exception& error) {
    if (start.options.on_event)
      start.options.on_event(std::string{"worker_failed: "} + error.what(), ::getpid(), kFailed);
  }
  // Not exit: what the master registered to happen at its end is not the worker's.
  ::_exit(status);
}

}  // namespace tenantd::proc
