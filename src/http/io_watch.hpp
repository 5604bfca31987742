// Deadlines for threads that block inside libfcgi, which knows none.
//
// A thread states when it starts reading or writing. Past the deadline its system call is interrupted by a
// signal (SIGURG, ignored by default, so that a stray one harms nobody), again and again until it gives up;
// libfcgi takes EINTR as an error and closes the connection. A socket timeout would bound one call and not a
// peer that sends a byte now and then; closing or shutting down the descriptor from outside could hit another
// connection with its number.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace tenantd::http {

// Guarded by its mutex, which also keeps a signal from being sent after the scope has ended.
struct IoSlot {
  enum class Phase { none, reading, writing };

  std::mutex mutex;
  Phase phase = Phase::none;
  std::int64_t deadline_us = 0;
  pthread_t thread{};
};

class IoWatch {
 public:
  using Phase = IoSlot::Phase;

  explicit IoWatch(int threads) : slots_(static_cast<std::size_t>(threads)) {}

  // Called by thread `index` before anything else: it is the one to be interrupted from now on.
  void enroll(int index);

  // Interrupts whoever is over its deadline; with `all_readers` also those who still read a request.
  void interrupt_overdue(std::int64_t now_us, bool all_readers);

  // Marks thread `index` as blocked in I/O until the end of the scope. No signal comes after it.
  class Scope {
   public:
    Scope(IoWatch& watch, int index, Phase phase, std::int64_t deadline_us);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    IoSlot& slot_;
  };

 private:
  std::vector<IoSlot> slots_;
};

}  // namespace tenantd::http
