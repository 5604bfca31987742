// Rate limits that all workers count together: the generic cell rate algorithm (ITU-T I.371), one atomic word
// a caller.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace tenantd::shm {

struct RateDecision {
  bool allowed = true;
  std::int64_t limit = 0;  // requests per window
  std::int64_t remaining = 0;
  std::int64_t retry_after = 0;  // seconds, 0 when allowed
};

class RateLimiter {
 public:
  // Counts one request of `caller` (any text: a class and an address) against `limit` requests per
  // `window_seconds`, all of which may come at once. limit 0 = no limit. `now_us` is a monotonic reading in
  // microseconds.
  RateDecision take(std::string_view caller, std::int64_t limit, std::int64_t window_seconds,
                    std::int64_t now_us);

  // Takes one take() back: what was counted did not happen.
  void give_back(std::string_view caller, std::int64_t limit, std::int64_t window_seconds,
                 std::int64_t now_us);

 private:
  // Upper 16 bits: a tag of the caller; lower 48: when its bucket is empty again, in microseconds (good for
  // nine years of uptime). Two callers that meet in one slot share it only while both are busy: then the
  // stricter outcome holds. Returns the slot that counts this caller already, else a free one near, else the
  // last, which is then shared.
  std::atomic<std::uint64_t>& slot_of(std::uint64_t hash, std::int64_t now_us);
  static constexpr std::size_t kSlots = 1 << 16;
  std::array<std::atomic<std::uint64_t>, kSlots> slots_;
};

}  // namespace tenantd::shm
