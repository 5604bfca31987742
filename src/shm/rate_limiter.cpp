#include "tenantd/shm/rate_limiter.hpp"

#include <algorithm>

#include "tenantd/shm/hash.hpp"

namespace tenantd::shm {
namespace {

constexpr std::uint64_t kTimeMask = (std::uint64_t{1} << 48) - 1;
constexpr std::size_t kProbes = 4;

std::int64_t due_of(std::uint64_t word) { return static_cast<std::int64_t>(word & kTimeMask); }

}  // namespace

std::atomic<std::uint64_t>& RateLimiter::slot_of(std::uint64_t hash, std::int64_t now_us) {
  const std::uint64_t tag = hash >> 48;
  std::atomic<std::uint64_t>* free = nullptr;
  for (std::size_t probe = 0; probe < kProbes; ++probe) {
    auto& slot = slots_[(hash + probe) % kSlots];
    const std::uint64_t word = slot.load(std::memory_order_relaxed);
    const bool busy = due_of(word) > now_us;
    if (busy && (word >> 48) == tag) return slot;
    if (!busy && free == nullptr) free = &slot;
  }
  return free != nullptr ? *free : slots_[(hash + kProbes - 1) % kSlots];
}

RateDecision RateLimiter::take(std::string_view caller, std::int64_t limit, std::int64_t window_seconds,
                               std::int64_t now_us) {
  if (limit <= 0) return {};
  const std::uint64_t hash = hash_bytes(caller);
  // Rounded up, so that never more than the limit pass; `most` is what the whole limit at once fills.
  const std::int64_t step = (window_seconds * 1'000'000 + limit - 1) / limit;
  const std::int64_t most = step * limit;
  auto& slot = slot_of(hash, now_us);
  std::uint64_t seen = slot.load(std::memory_order_relaxed);
  for (;;) {
    const std::int64_t next = std::max(due_of(seen), now_us) + step;
    const std::int64_t filled = next - now_us;
    if (filled > most) return {false, limit, 0, (filled - most + 999'999) / 1'000'000};
    const std::uint64_t wanted = ((hash >> 48) << 48) | (static_cast<std::uint64_t>(next) & kTimeMask);
    if (slot.compare_exchange_weak(seen, wanted, std::memory_order_relaxed))
      return {true, limit, (most - filled) / step, 0};
  }
}

void RateLimiter::give_back(std::string_view caller, std::int64_t limit, std::int64_t window_seconds,
                            std::int64_t now_us) {
  if (limit <= 0) return;
  const std::uint64_t hash = hash_bytes(caller);
  const std::int64_t step = (window_seconds * 1'000'000 + limit - 1) / limit;
  auto& slot = slot_of(hash, now_us);
  std::uint64_t seen = slot.load(std::memory_order_relaxed);
  for (;;) {
    if ((seen >> 48) != (hash >> 48)) return;  // its last share came back by itself
    const std::int64_t next = std::max(due_of(seen) - step, std::int64_t{0});
    const std::uint64_t wanted = (seen & ~kTimeMask) | (static_cast<std::uint64_t>(next) & kTimeMask);
    if (slot.compare_exchange_weak(seen, wanted, std::memory_order_relaxed)) return;
  }
}

}  // namespace tenantd::shm
