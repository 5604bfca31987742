#include "tenantd/shm/rate_limiter.hpp"

#include <algorithm>

#include "tenantd/shm/hash.hpp"

namespace tenantd::shm {
namespace {

constexpr std::uint64_t kTimeMask = (std::uint64_t{1} << 48) - 1;
constexpr std::size_t kProbes = 4;
// Of its share of what is left, so much may a host keep to itself.
constexpr std::int64_t kUntoldPart = 8;
// What was taken longer ago is no part of any window.
constexpr std::int64_t kForgottenUs = 60'000'000;
// What hosts took together beyond a limit is paid for later, but not for ever.
constexpr std::int64_t kMostDebtUs = 120'000'000;

std::int64_t due_of(std::uint64_t word) { return static_cast<std::int64_t>(word & kTimeMask); }

std::uint64_t word_of(std::uint64_t hash, std::int64_t due) {
  return ((hash >> 48) << 48) | (static_cast<std::uint64_t>(due) & kTimeMask);
}

std::int64_t part(std::int64_t of, std::int64_t parts) { return (of + parts - 1) / parts; }

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
  const std::int64_t step = part(window_seconds * 1'000'000, limit);
  const Bucket whole{limit, step, step * limit};
  const auto hosts = hosts_.load(std::memory_order_relaxed);
  if (hosts <= 1) return fill(hash, whole, now_us);
  if (now_us < shared_until_us_.load(std::memory_order_relaxed))
    return take_shared(hash, whole, hosts, now_us);
  const auto share = part(limit, hosts), own_step = part(window_seconds * 1'000'000, share);
  return fill(hash, {limit, own_step, own_step * share}, now_us);
}

RateDecision RateLimiter::fill(std::uint64_t hash, const Bucket& bucket, std::int64_t now_us) {
  auto& slot = slot_of(hash, now_us);
  std::uint64_t seen = slot.load(std::memory_order_relaxed);
  for (;;) {
    const std::int64_t next = std::max(due_of(seen), now_us) + bucket.step;
    const std::int64_t filled = next - now_us;
    if (filled > bucket.most) return {false, bucket.limit, 0, (filled - bucket.most + 999'999) / 1'000'000};
    if (slot.compare_exchange_weak(seen, word_of(hash, next), std::memory_order_relaxed))
      return {true, bucket.limit, (bucket.most - filled) / bucket.step, 0};
  }
}

std::int64_t RateLimiter::left(std::uint64_t hash, const Bucket& bucket, std::int64_t now_us) {
  const auto word = slot_of(hash, now_us).load(std::memory_order_relaxed);
  const auto filled = std::max<std::int64_t>(due_of(word) - now_us, 0);
  return std::max<std::int64_t>((bucket.most - filled) / bucket.step, 0);
}

namespace {

// What is taken back may have been told meanwhile: never below nothing.
void lower(std::atomic<std::uint32_t>& fresh, std::uint32_t by) {
  auto seen = fresh.load();
  while (!fresh.compare_exchange_weak(seen, seen - std::min(seen, by))) continue;
}

}  // namespace

// Whose tally finds no place is told of to nobody: it has its share of the whole.
RateDecision RateLimiter::take_shared(std::uint64_t hash, const Bucket& bucket, std::int64_t hosts,
                                      std::int64_t now_us) {
  auto* const tally = tally_of(hash);
  if (tally == nullptr) {
    const auto share = part(bucket.limit, hosts);
    return fill(hash, {bucket.limit, bucket.step * hosts, bucket.step * hosts * share}, now_us);
  }
  // Counted first: of two workers that take the last of the share, one is refused.
  const auto untold = tally->untold();
  const std::int64_t fresh = tally->fresh.fetch_add(1);
  if (fresh == 0) tally->since_us.store(now_us);
  const auto before = fresh + tally->told.load();
  const auto whole = left(hash, bucket, now_us) + untold;
  const bool fits = before < part(whole, hosts);
  const auto decision = fits ? fill(hash, bucket, now_us) : RateDecision{false, bucket.limit, 0, 1};
  if (!decision.allowed) {
    lower(tally->fresh, 1);
    return decision;
  }
  tally->step_us.store(static_cast<std::uint32_t>(bucket.step));
  tally->left.store(static_cast<std::uint32_t>(decision.remaining));
  return decision;
}

// A count that is taken while a tally changes hands may be told of the other caller.
RateLimiter::Tally* RateLimiter::tally_of(std::uint64_t hash) {
  Tally* free = nullptr;
  for (std::size_t probe = 0; probe < kProbes; ++probe) {
    auto& tally = tallies_[(hash + probe) % kTallies];
    if (tally.caller.load() == hash) return &tally;
    if (free == nullptr && tally.untold() == 0) free = &tally;
  }
  if (free == nullptr) return nullptr;
  auto seen = free->caller.load();
  if (free->untold() != 0 || !free->caller.compare_exchange_strong(seen, hash)) return nullptr;
  return free;
}

void RateLimiter::share_among(std::int64_t hosts, std::int64_t until_us) {
  hosts_.store(hosts, std::memory_order_relaxed);
  shared_until_us_.store(until_us, std::memory_order_relaxed);
}

std::vector<RateLimiter::Spent> RateLimiter::tell(std::size_t most, std::int64_t now_us) {
  const auto hosts = std::max<std::int64_t>(hosts_.load(), 1);
  std::vector<std::pair<Spent, Tally*>> found;
  for (auto& tally : tallies_) {
    const std::int64_t fresh = tally.fresh.load();
    if (fresh == 0) continue;
    const auto kept = (tally.left.load() + fresh) / (kUntoldPart * hosts);
    if (fresh > kept)
      found.push_back(
          {{tally.caller.load(), tally.step_us.load(), static_cast<std::uint32_t>(fresh)}, &tally});
    else if (now_us - tally.since_us.load() > kForgottenUs)
      lower(tally.fresh, static_cast<std::uint32_t>(fresh));
  }
  std::ranges::sort(found, [](const auto& a, const auto& b) { return a.first.count > b.first.count; });
  found.resize(std::min(found.size(), most));
  std::vector<Spent> spent;
  for (const auto& [each, tally] : found) {
    tally->told.fetch_add(each.count);
    lower(tally->fresh, each.count);
    tally->since_us.store(now_us);
    spent.push_back(each);
  }
  return spent;
}

void RateLimiter::all_told() {
  for (auto& tally : tallies_)
    if (tally.told.load() != 0) tally.told.store(0);
}

void RateLimiter::hear(const Spent& spent, std::int64_t now_us) {
  auto& slot = slot_of(spent.caller, now_us);
  const auto filled = std::min(std::int64_t{spent.step_us} * spent.count, kMostDebtUs);
  std::uint64_t seen = slot.load(std::memory_order_relaxed);
  for (;;) {
    const auto from = std::max(due_of(seen), now_us);
    const auto next = std::max(from, std::min(from + filled, now_us + kMostDebtUs));
    if (slot.compare_exchange_weak(seen, word_of(spent.caller, next), std::memory_order_relaxed)) return;
  }
}

}  // namespace tenantd::shm
