#include "tenantd/proc/supervisor.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

#include "master.hpp"
#include "tenantd/base/time.hpp"

namespace tenantd::proc {

SignalGuard::SignalGuard() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, &before_);
  signals_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (signals_) return;
  const int error = errno;
  sigprocmask(SIG_SETMASK, &before_, nullptr);
  throw std::system_error{error, std::generic_category(), "signalfd"};
}

SignalGuard::~SignalGuard() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

int SignalGuard::next() const {
  struct signalfd_siginfo info = {};
  return ::read(signals_.get(), &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
}

Supervisor::Supervisor(const SupervisorOptions& options, const WorkerMain& worker_main)
    : options_(options), worker_main_(worker_main), listeners_(open_listeners(options.lanes)) {
  for (std::size_t i = 0; i < options.lanes.size(); ++i)
    for (int n = 0; n < options.lanes[i].workers; ++n)
      slots_.push_back({&options.lanes[i], listeners_[i].fd(), {}, {}});
}

int Supervisor::run() {
  for (auto& slot : slots_) spawn_current(slot);
  while (!(stopping_ && all_gone())) {
    report_status();
    wait();
    read_signals();
    read_reports();
    reap();
    run_timers();
  }
  event("stopped");
  return 0;
}

std::int64_t Supervisor::next_timer_us() const {
  std::int64_t next = watchdog_at_us_;
  const std::int64_t patience = std::chrono::microseconds{options_.ready_timeout}.count();
  for (const auto& slot : slots_) {
    next = std::min(next, slot.respawn_at_us);
    for (const auto* process : {&slot.current, &slot.next})
      if (process->pid != 0 && !process->ready) next = std::min(next, process->started_us + patience);
  }
  for (const auto& retired : retired_) next = std::min(next, retired.kill_at_us);
  return next;
}

void Supervisor::wait() {
  const std::int64_t next = next_timer_us();
  int timeout_ms = -1;
  if (next != kNever) {
    const std::int64_t left_us = std::max<std::int64_t>(0, next - monotonic_microseconds());
    timeout_ms = static_cast<int>(std::min<std::int64_t>(left_us / 1000 + 1, 60'000));
  }
  std::array<struct pollfd, 2> events = {{{signals_.fd(), POLLIN, 0}, {reports_.fd(), POLLIN, 0}}};
  ::poll(events.data(), events.size(), timeout_ms);
}

void Supervisor::read_signals() {
  while (const int signal = signals_.next()) {
    if (signal == SIGHUP) start_reload();
    if (signal != SIGTERM && signal != SIGINT) continue;
    if (stopping_) {
      kill_all();
    } else {
      start_stop();
    }
  }
}

void Supervisor::read_reports() {
  while (const auto report = reports_.next()) {
    if (report->kind == Report::Kind::ready) {
      on_ready(report->pid);
    } else {
      on_retiring(report->pid);
    }
  }
}

void Supervisor::start_reload() {
  if (stopping_) return;
  if (reload_at_ != kNoReload) {
    reload_again_ = true;
    return;
  }
  notify::reloading();
  event("reload_started");
  try {
    if (options_.on_reload) options_.on_reload();
  } catch (const std::exception& error) {
    event(std::string{"reload_refused: "} + error.what());
    if (announced_) notify::ready();
    return;
  }
  reload_at_ = 0;
  if (slots_.empty()) return end_reload("reload_done", 0, 0);
  slots_[0].next = spawn(slots_[0]);
  if (slots_[0].next.pid == 0) end_reload("reload_failed", 0, 0);
}

// Goes to the next slot once the awaited successor has taken its place.
void Supervisor::advance_reload() {
  if (reload_at_ == kNoReload || slots_[reload_at_].next.pid != 0) return;
  if (++reload_at_ == slots_.size()) return end_reload("reload_done", 0, 0);
  Slot& slot = slots_[reload_at_];
  slot.next = spawn(slot);
  if (slot.next.pid == 0) end_reload("reload_failed", 0, 0);
}

// A failed reload leaves the workers that were not replaced yet: they served until now.
void Supervisor::end_reload(const char* how, pid_t pid, int status) {
  reload_at_ = kNoReload;
  event(how, pid, status);
  if (stopping_) return;
  if (announced_) notify::ready();
  if (std::exchange(reload_again_, false)) start_reload();
}

void Supervisor::start_stop() {
  stopping_ = true;
  reload_at_ = kNoReload;
  notify::stopping();
  event("stopping");
  for (auto& slot : slots_) {
    slot.respawn_at_us = kNever;
    retire(slot.current, true);
    retire(slot.next, true);
  }
}

void Supervisor::kill_all() {
  for (auto& retired : retired_) {
    event("worker_killed", retired.pid, -SIGKILL);
    ::kill(retired.pid, SIGKILL);
    retired.kill_at_us = kNever;
  }
}

bool Supervisor::all_gone() const {
  const bool none = std::none_of(slots_.begin(), slots_.end(), [](const Slot& slot) {
    return slot.current.pid != 0 || slot.next.pid != 0;
  });
  return none && retired_.empty();
}

void Supervisor::report_status() {
  const auto ready =
      std::count_if(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.current.ready; });
  std::string text = std::to_string(ready) + " of " + std::to_string(slots_.size()) + " workers ready, " +
                     std::to_string(retired_.size()) + " draining";
  if (text == status_) return;
  status_ = std::move(text);
  notify::status(status_);
}

int supervise(const SupervisorOptions& options, const WorkerMain& worker_main) {
  return Supervisor{options, worker_main}.run();
}

}  // namespace tenantd::proc
