// What the processes of this host ask of their databases, counted for /metrics.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace tenantd::db {

struct Counters {
  // Why a statement failed, in the order of kFailures.
  enum class Failure { lost, again, lock_timeout, time_limit, duplicate, foreign_key, access, full, other };
  static constexpr std::array<std::string_view, 9> kFailures = {
      "connection_lost", "run_again", "lock_timeout", "time_limit", "duplicate_key",
      "foreign_key",     "access",    "server_full",  "other"};

  std::atomic<std::uint64_t> statements{0};
  std::atomic<std::uint64_t> statement_sum_us{0};
  std::atomic<std::uint64_t> connects{0};
  std::atomic<std::uint64_t> pool_waits{0};  // for a connection that another thread had
  std::atomic<std::uint64_t> pool_wait_sum_us{0};
  std::array<std::atomic<std::uint64_t>, kFailures.size()> failures{};
};

// The failure that the driver's number means.
Counters::Failure failure_of(int number);

// From here on this process, and the children that it forks, count into `counters`, which outlives them.
// Until then each process has its own.
void count_into(Counters& counters);
Counters& counters();

}  // namespace tenantd::db
