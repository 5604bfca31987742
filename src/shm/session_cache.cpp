#include "tenantd/shm/session_cache.hpp"

#include <cstring>

#include "tenantd/base/time.hpp"
#include "tenantd/shm/hash.hpp"

namespace tenantd::shm {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr std::int64_t kClosed = -1;

// Words, not bytes: each is an atomic of its own, so that a racing reader reads old or new words, never
// undefined ones; the sequence tells it to throw a mixture away.
template <std::size_t N>
void put_words(std::array<std::atomic<std::uint64_t>, N>& to, std::string_view bytes) {
  for (std::size_t i = 0; i * 8 < bytes.size(); ++i) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i * 8, std::min<std::size_t>(8, bytes.size() - i * 8));
    to[i].store(word, kRelaxed);
  }
}

template <std::size_t N>
void get_words(const std::array<std::atomic<std::uint64_t>, N>& from, char* to, std::size_t size) {
  for (std::size_t i = 0; i * 8 < size; ++i) {
    const std::uint64_t word = from[i].load(kRelaxed);
    std::memcpy(to + i * 8, &word, std::min<std::size_t>(8, size - i * 8));
  }
}

std::string_view view(const UuidBytes& id) { return {reinterpret_cast<const char*>(id.data()), id.size()}; }

}  // namespace

const SessionCache::Generation& SessionCache::generation(const UuidBytes& id) const {
  return generations_[hash_bytes(view(id)) % kGenerations];
}
SessionCache::Generation& SessionCache::generation(const UuidBytes& id) {
  return generations_[hash_bytes(view(id)) % kGenerations];
}

SessionCache::Stamp SessionCache::stamp(const Ids& ids) const {
  Stamp now{ids, {}, epoch_.load()};
  bool busy = false;
  auto* number = now.generations.data();
  for (const auto* id : {&ids.user, &ids.org, &ids.client}) {
    const auto& of_id = generation(*id);
    *number++ = of_id.number.load();
    busy = busy || of_id.busy.load() != 0;
  }
  now.valid = !busy && is_trusted();
  return now;
}

std::optional<SessionCache::Hit> SessionCache::find(std::string_view key, std::int64_t now_us,
                                                    std::int64_t lifetime_us) const {
  const Entry& entry = entries_[hash_bytes(key) % kEntries];
  const std::uint32_t before = entry.sequence.load(std::memory_order_acquire);
  if (before == 0 || (before & 1U) != 0) return std::nullopt;
  std::array<char, 32> stored_key{};
  get_words(entry.key, stored_key.data(), stored_key.size());
  if (std::memcmp(stored_key.data(), key.data(), 32) != 0) return std::nullopt;

  Hit hit;
  const std::uint32_t size = std::min<std::uint32_t>(entry.size.load(kRelaxed), kValueBytes);
  hit.value.resize(size);
  get_words(entry.value, hit.value.data(), size);
  Stamp stored;
  get_words(entry.ids, reinterpret_cast<char*>(&stored.ids), sizeof(Ids));
  for (std::size_t i = 0; i < stored.generations.size(); ++i)
    stored.generations[i] = entry.generations[i].load(kRelaxed);
  stored.epoch = entry.epoch.load(kRelaxed);
  const std::int64_t age = now_us - entry.stored_us.load(kRelaxed);
  std::atomic_thread_fence(std::memory_order_acquire);
  if (entry.sequence.load(kRelaxed) != before) return std::nullopt;
  const auto now = stamp(stored.ids);
  if (stored.epoch != now.epoch) return std::nullopt;
  hit.fresh = now.valid && age >= 0 && age < lifetime_us && stored.generations == now.generations;
  return hit;
}

void SessionCache::store(std::string_view key, std::string_view value, const Stamp& stamp,
                         std::int64_t now_us) {
  if (!stamp.valid || value.size() > kValueBytes) return;
  Entry& entry = entries_[hash_bytes(key) % kEntries];
  std::uint32_t sequence = entry.sequence.load(kRelaxed);
  // Somebody else is writing this slot, or died while doing so: leave it.
  if ((sequence & 1U) != 0 || !entry.sequence.compare_exchange_strong(sequence, sequence + 1)) return;
  std::atomic_thread_fence(std::memory_order_release);
  put_words(entry.key, key.substr(0, 32));
  put_words(entry.ids, {reinterpret_cast<const char*>(&stamp.ids), sizeof(Ids)});
  for (std::size_t i = 0; i < stamp.generations.size(); ++i)
    entry.generations[i].store(stamp.generations[i], kRelaxed);
  entry.epoch.store(stamp.epoch, kRelaxed);
  entry.stored_us.store(now_us, kRelaxed);
  entry.size.store(static_cast<std::uint32_t>(value.size()), kRelaxed);
  put_words(entry.value, value);
  entry.sequence.store(sequence + 2, std::memory_order_release);
}

void SessionCache::mark_busy(const UuidBytes& id) { generation(id).busy.fetch_add(1); }

void SessionCache::advance(const UuidBytes& id) {
  auto& g = generation(id);
  g.number.fetch_add(1);
  g.busy.fetch_sub(1);
}

void SessionCache::move_on(const UuidBytes& id) { generation(id).number.fetch_add(1); }

void SessionCache::clear() { epoch_.fetch_add(1); }

void SessionCache::trust(std::int64_t until_us) {
  auto seen = trusted_until_us_.load();
  while (seen != kClosed && seen < until_us)
    if (trusted_until_us_.compare_exchange_weak(seen, until_us)) return;
}

void SessionCache::distrust() {
  auto seen = trusted_until_us_.load();
  while (seen != kClosed)
    if (trusted_until_us_.compare_exchange_weak(seen, 0)) return;
}

void SessionCache::close() { trusted_until_us_.store(kClosed); }

bool SessionCache::is_trusted() const { return boot_microseconds() < trusted_until_us_.load(); }

}  // namespace tenantd::shm
