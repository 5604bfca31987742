// Gives freed memory back to the system once a worker has been quiet for a while. malloc keeps what it freed,
// which for Argon2's blocks is 19 MiB a worker; returning it after every hash would cost as much as a fifth
// of the hash in page faults.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

namespace tenantd::proc {

// Before the first thread starts: all threads of this process share malloc's main heap, the only one whose
// end malloc_trim(3) gives back. For processes whose threads do not compete for it.
void use_one_heap();

class IdleTrim {
 public:
  explicit IdleTrim(std::chrono::milliseconds quiet);
  ~IdleTrim();
  IdleTrim(const IdleTrim&) = delete;
  IdleTrim& operator=(const IdleTrim&) = delete;

  // Something was done. Safe on any thread.
  void worked() { work_.fetch_add(1, std::memory_order_relaxed); }
  // How often memory was given back, for tests.
  std::int64_t trims() const { return trims_.load(); }

 private:
  void watch(std::chrono::milliseconds quiet);
  std::atomic<std::int64_t> work_{0};
  std::atomic<std::int64_t> trims_{0};
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tenantd::proc
