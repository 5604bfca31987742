#include "io_watch.hpp"

#include <csignal>

namespace tenantd::http {
namespace {

constexpr int kCutSignal = SIGURG;

void do_nothing(int) {}

// Installed without SA_RESTART, so that the system call returns.
void install_handler() {
  struct sigaction action = {};
  action.sa_handler = do_nothing;
  sigemptyset(&action.sa_mask);
  sigaction(kCutSignal, &action, nullptr);
}

}  // namespace

void IoWatch::enroll(int index) {
  static std::once_flag once;
  std::call_once(once, install_handler);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, kCutSignal);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  slots_[static_cast<std::size_t>(index)].thread = pthread_self();
}

void IoWatch::interrupt_overdue(std::int64_t now_us, bool all_readers) {
  for (auto& slot : slots_) {
    const std::lock_guard lock{slot.mutex};
    if (slot.phase == Phase::none) continue;
    const bool cut = all_readers && slot.phase == Phase::reading;
    if (cut || now_us >= slot.deadline_us) pthread_kill(slot.thread, kCutSignal);
  }
}

IoWatch::Scope::Scope(IoWatch& watch, int index, Phase phase, std::int64_t deadline_us)
    : slot_(watch.slots_[static_cast<std::size_t>(index)]) {
  const std::lock_guard lock{slot_.mutex};
  slot_.phase = phase;
  slot_.deadline_us = deadline_us;
}

IoWatch::Scope::~Scope() {
  const std::lock_guard lock{slot_.mutex};
  slot_.phase = Phase::none;
}

}  // namespace tenantd::http
