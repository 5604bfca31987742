#include "tenantd/shm/rate_limiter.hpp"

#include <algorithm>

#include "tenantd/shm/hash.hpp"

namespace tenantd::shm {
namespace {

constexpr std::int64_t kTick = 64;  // microseconds
constexpr std::uint64_t kTimeMask = (std::uint64_t{1} << 48) - 1;
constexpr int kProbes = 4;

}  // namespace

RateDecision RateLimiter::take(std::string_view caller, std::int64_t limit, std::int64_t window_seconds,
                               std::int64_t now_us) {
  if (limit <= 0) return {};
  const std::uint64_t hash = hash_bytes(caller);
  const std::uint64_t tag = hash >> 48;
  const std::int64_t now = now_us / kTick;
  const std::int64_t window = window_seconds * 1'000'000 / kTick;
  const std::int64_t step = std::max<std::int64_t>(window / limit, 1);

  std::size_t slot = hash % kSlots;
  for (int probe = 0; probe < kProbes; ++probe, slot = (slot + 1) % kSlots) {
    std::uint64_t seen = slots_[slot].load(std::memory_order_relaxed);
    for (;;) {
      const auto due = static_cast<std::int64_t>(seen & kTimeMask);
      const bool foreign = (seen >> 48) != tag && due > now;
      if (foreign && probe + 1 < kProbes) break;
      const std::int64_t next = std::max(due, now) + step;
      if (next - now > window + step - 1) {
        const std::int64_t wait = (next - now - window) * kTick;
        return {false, limit, 0, std::max<std::int64_t>((wait + 999'999) / 1'000'000, 1)};
      }
      const std::uint64_t wanted = (tag << 48) | (static_cast<std::uint64_t>(next) & kTimeMask);
      if (slots_[slot].compare_exchange_weak(seen, wanted, std::memory_order_relaxed))
        return {true, limit, (window - (next - now)) / step, 0};
    }
  }
  return {};
}

}  // namespace tenantd::shm
