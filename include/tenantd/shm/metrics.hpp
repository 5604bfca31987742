// Counters that all workers add to, read by whichever answers /metrics.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace tenantd::shm {

// Durations by the first bound that they do not exceed; the last bucket is +Inf.
template <std::size_t kCount>
struct Histogram {
  std::array<std::atomic<std::uint64_t>, kCount + 1> buckets{};
  std::atomic<std::uint64_t> sum_us{0};

  void observe(const std::array<std::int64_t, kCount>& bounds, std::int64_t duration_us) {
    std::size_t bucket = 0;
    while (bucket < kCount && duration_us > bounds[bucket]) ++bucket;
    buckets[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_us.fetch_add(static_cast<std::uint64_t>(duration_us), std::memory_order_relaxed);
  }
};

struct Metrics {
  static constexpr std::size_t kRoutes = 384;
  static constexpr std::size_t kStatuses = 6;  // 1xx … 5xx by their first digit; 0 unused
  // Upper bounds of the duration histograms, in microseconds.
  static constexpr std::array<std::int64_t, 12> kBounds = {250,   500,   1000,   2500,   5000,    10000,
                                                           25000, 50000, 100000, 250000, 1000000, 5000000};

  std::array<std::array<std::atomic<std::uint64_t>, kStatuses>, kRoutes>
      requests{};  // last row: no route matched
  std::array<Histogram<kBounds.size()>, kRoutes> durations{};
  std::atomic<std::uint64_t> in_flight{0};
  // Lanes in the order of kLanes, and how long a request waited there from nginx to a thread.
  static constexpr std::array<std::string_view, 3> kLanes = {"fast", "hash", "outbound"};
  static constexpr std::array<std::int64_t, 8> kQueueBounds = {1000,   5000,    25000,   100000,
                                                               250000, 1000000, 2500000, 10000000};
  std::array<std::atomic<std::uint64_t>, kLanes.size()> lane_in_flight{};
  std::array<Histogram<kQueueBounds.size()>, kLanes.size()> queues{};
  // What became of who wanted a session, in the order of kOutcomes.
  static constexpr std::array<std::string_view, 6> kOutcomes = {"succeeded", "second_factor", "wrong",
                                                                "limited",   "refused",       "failed"};
  std::array<std::array<std::atomic<std::uint64_t>, kOutcomes.size()>, kRoutes> sign_ins{};
  std::atomic<std::uint64_t> lock_outs{0};  // accounts that wrong passwords have locked
  std::atomic<std::uint64_t> cache_hits{0};
  std::atomic<std::uint64_t> cache_misses{0};
  std::atomic<std::uint64_t> rate_limited{0};
  std::atomic<std::uint64_t> worker_crashes{0};
  std::atomic<std::uint64_t> reloads{0};
  std::int64_t started_at = 0;

  // What the hosts of one database tell one another (tenantd/hosts/protocol.hpp).
  std::atomic<std::int64_t> other_hosts{0};
  std::atomic<std::int64_t> cache_trusted_until_us{0};  // boot_microseconds()
  std::atomic<std::uint64_t> host_joins{0};             // how often this host began anew
  std::atomic<std::uint64_t> invalidations_read{0};     // of other hosts
  std::atomic<std::uint64_t> host_waits{0};             // replies that waited for other hosts
  std::atomic<std::uint64_t> host_waits_overdue{0};     // of those, as long as it is waited
  std::atomic<std::uint64_t> host_wait_sum_us{0};
  std::atomic<std::uint64_t> host_leases_lost{0};  // how often the others had waited for this host in vain
  // What this host does not have in common with the others (tenantd/hosts/deployment.hpp).
  std::atomic<std::int64_t> lacks_keys{0};    // 1: nothing is answered
  std::atomic<std::int64_t> keys_waiting{0};  // signing keys whose time has come, and that another host lacks

  // Limits that hosts count together (tenantd/hosts/limit_exchange.hpp).
  std::atomic<std::uint64_t> limit_rounds{0};           // in which this host told what it had counted
  std::atomic<std::uint64_t> limit_rounds_by_redis{0};  // of those, which the others had heard by Redis alone
  std::atomic<std::uint64_t> limit_rounds_heard{0};     // of other hosts
  // What is nearer (tenantd/hosts/redis_channel.hpp).
  std::atomic<std::int64_t> redis_up{0};          // 1: connected, and heard itself lately
  std::atomic<std::int64_t> redis_latency_us{0};  // from sending to hearing itself
  std::atomic<std::uint64_t> redis_failures{0};   // connections that failed or were given up
  std::atomic<std::uint64_t> redis_messages{0};   // of other hosts, that were taken
  std::atomic<std::uint64_t> redis_refused{0};    // that no host of this deployment has written, or not now

  // What was handed to the process that sends traces and reports (tenantd/watch/exporter.hpp).
  std::atomic<std::uint64_t> spans_sent{0};
  std::atomic<std::uint64_t> spans_dropped{0};
  std::atomic<std::uint64_t> reports_sent{0};
  std::atomic<std::uint64_t> reports_dropped{0};

  void observe(std::size_t route, int status, std::int64_t duration_us) {
    const auto at = route < kRoutes ? route : kRoutes - 1;
    requests[at][static_cast<std::size_t>(status / 100) % kStatuses].fetch_add(1, std::memory_order_relaxed);
    durations[at].observe(kBounds, duration_us);
  }
};

}  // namespace tenantd::shm
