// The life of the worker processes: start, ready, replaced, ended, started again.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <optional>

#include "master.hpp"
#include "tenantd/base/time.hpp"

namespace tenantd::proc {
namespace {

constexpr std::int64_t kMaxBackoffUs = 5'000'000;
constexpr std::int64_t kLongLifeUs = 10'000'000;  // resets the backoff
constexpr std::int64_t kGraceUs = 5'000'000;      // a worker's own drain deadline comes first

// Returns the exit status, or minus the number of the signal, of a child that has ended; nullopt if it runs.
std::optional<int> ended(pid_t pid) {
  int status = 0;
  if (pid == 0 || ::waitpid(pid, &status, WNOHANG) != pid) return std::nullopt;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

Process Supervisor::spawn(Slot& slot) {
  const pid_t master = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    for (auto& listener : listeners_) listener.forget_file();
    reports_.become_worker();
    ::close(signals_.fd());
    const int number = static_cast<int>(&slot - slots_.data());
    run_worker({options_, worker_main_, *slot.lane, number, slot.listen_fd, master});
  }
  if (pid < 0) {
    event("fork_failed", 0, errno);
    return {};
  }
  event("worker_started", pid);
  return {pid, false, monotonic_microseconds()};
}

void Supervisor::spawn_current(Slot& slot) {
  slot.respawn_at_us = kNever;
  slot.current = spawn(slot);
  if (slot.current.pid == 0) back_off(slot);
}

void Supervisor::back_off(Slot& slot) {
  slot.respawn_at_us = monotonic_microseconds() + slot.backoff_us;
  slot.backoff_us = std::min(slot.backoff_us * 2, kMaxBackoffUs);
}

// From here on the process is only waited for.
void Supervisor::retire(Process& process, bool tell) {
  if (process.pid == 0) return;
  if (tell) ::kill(process.pid, SIGTERM);
  const std::int64_t drain_us = std::chrono::microseconds{options_.drain}.count();
  retired_.push_back({process.pid, monotonic_microseconds() + drain_us + kGraceUs});
  process = {};
}

void Supervisor::on_ready(pid_t pid) {
  for (auto& slot : slots_) {
    if (slot.current.pid == pid) {
      slot.current.ready = true;
    } else if (slot.next.pid == pid) {
      retire(slot.current, true);
      slot.current = slot.next;
      slot.current.ready = true;
      slot.next = {};
      slot.respawn_at_us = kNever;
    } else {
      continue;
    }
    event("worker_ready", pid);
  }
  const bool all =
      std::all_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.current.ready; });
  if (all && !announced_) {
    announced_ = true;
    notify::ready();
  }
  advance_reload();
}

void Supervisor::on_retiring(pid_t pid) {
  for (auto& slot : slots_) {
    if (slot.current.pid != pid) continue;
    event("worker_retiring", pid);
    retire(slot.current, false);
    if (!stopping_ && slot.next.pid == 0) spawn_current(slot);
  }
}

void Supervisor::reap() {
  for (auto& slot : slots_) reap_slot(slot);
  std::erase_if(retired_, [this](const Retired& retired) {
    const auto status = ended(retired.pid);
    if (status) event(*status == 0 ? "worker_drained" : "worker_crashed", retired.pid, *status);
    return status.has_value();
  });
}

void Supervisor::reap_slot(Slot& slot) {
  if (const auto status = ended(slot.current.pid)) current_ended(slot, *status);
  if (const auto status = ended(slot.next.pid)) {
    const pid_t pid = slot.next.pid;
    slot.next = {};
    end_reload("reload_failed", pid, *status);
    if (slot.current.pid == 0 && slot.respawn_at_us == kNever && !stopping_) back_off(slot);
  }
}

void Supervisor::current_ended(Slot& slot, int status) {
  const Process gone = slot.current;
  slot.current = {};
  const bool recycled = status == 0 && gone.ready;
  event(recycled ? "worker_recycled" : "worker_crashed", gone.pid, status);
  if (monotonic_microseconds() - gone.started_us >= kLongLifeUs) slot.backoff_us = kFirstBackoffUs;
  if (stopping_) return;
  if (recycled) {
    spawn_current(slot);
  } else {
    back_off(slot);
  }
}

void Supervisor::run_timers() {
  const std::int64_t now_us = monotonic_microseconds();
  if (now_us >= watchdog_at_us_) {
    notify::watchdog();
    watchdog_at_us_ = now_us + watchdog_us_;
  }
  for (auto& slot : slots_) {
    if (now_us >= slot.respawn_at_us) spawn_current(slot);
    check_hung(slot, now_us);
  }
  for (auto& retired : retired_) {
    if (now_us < retired.kill_at_us) continue;
    event("worker_killed", retired.pid, -SIGKILL);
    ::kill(retired.pid, SIGKILL);
    retired.kill_at_us = kNever;
  }
}

void Supervisor::check_hung(Slot& slot, std::int64_t now_us) {
  const std::int64_t patience = std::chrono::microseconds{options_.ready_timeout}.count();
  for (auto* process : {&slot.current, &slot.next}) {
    if (process->pid == 0 || process->ready || now_us < process->started_us + patience) continue;
    event("worker_hung", process->pid);
    ::kill(process->pid, SIGKILL);
    process->started_us = now_us;  // reaped soon; not killed at every turn meanwhile
  }
}

}  // namespace tenantd::proc
