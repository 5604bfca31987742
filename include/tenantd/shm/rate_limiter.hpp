// Rate limits that all workers count together: the generic cell rate algorithm (ITU-T I.371), one atomic word
// a caller.
//
// Several hosts count together too. Each tells the others what it has taken (hosts/limit_exchange.hpp), and
// adds theirs to its own words, so that all of them see one bucket, some time later. What a host has taken
// and the others have not heard of is bounded by its share of what is left: so a caller who asks all hosts at
// once gets the limit once, rounded up to a request a host. A host that hears of nobody keeps to its share of
// the whole.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

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

  // From now on this host is one of `hosts`, and tells and hears of the others at least until then. 1 = it is
  // alone, and has all of each limit.
  void share_among(std::int64_t hosts, std::int64_t until_us);

  // What a host has taken of a caller's limit.
  struct Spent {
    std::uint64_t caller = 0;   // the same on all hosts that seed their hash alike
    std::uint32_t step_us = 0;  // how long one request fills the bucket
    std::uint32_t count = 0;
    friend bool operator==(const Spent&, const Spent&) = default;
  };
  // For one process of the host. Returns what the others should hear of: at most `most` callers, who took the
  // most first; who has taken little of what is left is not told of yet. It counts as untold until
  // all_told().
  std::vector<Spent> tell(std::size_t most, std::int64_t now_us);
  void all_told();
  // What another host has taken.
  void hear(const Spent& spent, std::int64_t now_us);

 private:
  // What was taken here and the others have not heard of. Changes hands while both counts are 0.
  struct Tally {
    std::atomic<std::uint64_t> caller;
    std::atomic<std::uint32_t> step_us;
    std::atomic<std::uint32_t> left;  // of the limit, as it was seen last
    std::atomic<std::uint32_t> fresh;
    std::atomic<std::uint32_t> told;     // is on its way
    std::atomic<std::int64_t> since_us;  // of the first that is fresh
    std::int64_t untold() const { return std::int64_t{fresh.load()} + told.load(); }
  };
  struct Bucket {
    std::int64_t limit, step, most;  // requests; microseconds that one fills, and all
  };
  RateDecision fill(std::uint64_t hash, const Bucket& bucket, std::int64_t now_us);
  RateDecision take_shared(std::uint64_t hash, const Bucket& bucket, std::int64_t hosts, std::int64_t now_us);
  std::int64_t left(std::uint64_t hash, const Bucket& bucket, std::int64_t now_us);
  Tally* tally_of(std::uint64_t hash);

  // Upper 16 bits: a tag of the caller; lower 48: when its bucket is empty again, in microseconds (good for
  // nine years of uptime). Two callers that meet in one slot share it only while both are busy: then the
  // stricter outcome holds. Returns the slot that counts this caller already, else a free one near, else the
  // last, which is then shared.
  std::atomic<std::uint64_t>& slot_of(std::uint64_t hash, std::int64_t now_us);
  static constexpr std::size_t kSlots = 1 << 16;
  static constexpr std::size_t kTallies = 1 << 13;
  std::array<std::atomic<std::uint64_t>, kSlots> slots_;
  std::array<Tally, kTallies> tallies_;
  std::atomic<std::int64_t> hosts_;
  std::atomic<std::int64_t> shared_until_us_;
};

}  // namespace tenantd::shm
