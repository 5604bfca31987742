#include "tenantd/shm/in_flight.hpp"

#include <algorithm>
#include <stdexcept>

#include "tenantd/base/time.hpp"
#include "tenantd/shm/hash.hpp"

namespace tenantd::shm {
namespace {

constexpr std::uint64_t kAsking = 1;
constexpr std::uint64_t kFirstTicket = 2;
constexpr std::uint64_t kAny = ~std::uint64_t{0};
// A thread that was killed between asking and its ticket asks until its block is cleared: nobody waits for
// that. It counts as one that holds.
constexpr int kPatience = 1000;

std::uint64_t settled(const std::atomic<std::uint64_t>& ticket) {
  for (int i = 0; i < kPatience; ++i)
    if (const auto seen = ticket.load(); seen != kAsking) return seen;
  return kAsking;
}

}  // namespace

std::size_t InFlight::join(pid_t pid, std::uint32_t lane, std::size_t threads) {
  for (std::size_t i = 0; i < kBlocks; ++i) {
    pid_t nobody = 0;
    if (!blocks_[i].pid.compare_exchange_strong(nobody, pid)) continue;
    blocks_[i].threads = std::min(threads, kThreads);
    blocks_[i].lane = lane;
    for (auto used = used_.load(); used <= i;) used_.compare_exchange_weak(used, i + 1);
    return i;
  }
  throw std::runtime_error("more workers than their shared table has blocks for");
}

void InFlight::leave(pid_t pid) {
  for (std::size_t i = 0; i < used_; ++i) {
    if (blocks_[i].pid != pid) continue;
    for (auto& cell : blocks_[i].cells)
      for (auto& holding : cell) holding.ticket = 0;
    blocks_[i].pid = 0;
  }
}

bool InFlight::Sum::leaves_own(const Share& share) const {
  const bool fits = in_lane == 0 || in_lane + share.weight <= share.most_in_lane;
  return fits && in_worker < share.most_in_worker;
}

std::uint64_t InFlight::where(std::size_t block, Kind kind) const {
  return std::uint64_t{blocks_[block].lane.load()} * kKinds + static_cast<std::uint64_t>(kind);
}

// Who waits for a place of its own stands in no row: it would keep others from what it cannot take.
bool InFlight::admits(std::size_t block, Kind kind, std::uint64_t key, const Share& share,
                      const Sum& counted) {
  if (!counted.leaves_own(share)) return false;
  if (share.most_of_all >= kUnshared) return true;
  const auto at = where(block, kind);
  const auto now_us = monotonic_microseconds();
  if (counted.of_all + ahead_of(at, key, now_us) < share.most_of_all) return true;
  stand(at, key, now_us);
  return false;
}

// Those who began to wait before `key` did, which if it does not wait is all of them.
std::int64_t InFlight::ahead_of(std::uint64_t where, std::uint64_t key, std::int64_t now_us) const {
  const auto waits = [&](const Waiting& one) {
    return one.ticket > kAsking && one.where == where && one.heard_us + kHeardUs >= now_us;
  };
  std::uint64_t mine = kAny;
  for (const auto& one : row_)
    if (waits(one) && one.key == key) mine = std::min(mine, one.ticket.load());
  return std::count_if(row_.begin(), row_.end(),
                       [&](const Waiting& one) { return waits(one) && one.key != key && one.ticket < mine; });
}

// Two threads of one caller may come to stand twice: they leave together.
void InFlight::stand(std::uint64_t where, std::uint64_t key, std::int64_t now_us) {
  const auto is_over = [&](const Waiting& one) { return one.heard_us + kHeardUs < now_us; };
  for (auto& one : row_)
    if (one.ticket > kAsking && one.where == where && one.key == key && !is_over(one)) {
      one.heard_us = now_us;
      return;
    }
  for (auto& one : row_) {
    auto seen = one.ticket.load();
    if (seen != 0 && !is_over(one)) continue;
    one.heard_us = now_us;  // first, so that nobody else takes what is being taken
    if (!one.ticket.compare_exchange_strong(seen, kAsking)) continue;
    one.where = where;
    one.key = key;
    one.ticket = tickets_.fetch_add(1) + kFirstTicket;
    return;
  }
}

void InFlight::leave_row(std::uint64_t where, std::uint64_t key) {
  for (auto& one : row_)
    if (one.ticket > kAsking && one.where == where && one.key == key) one.ticket = 0;
}

InFlight::Sum InFlight::sum(std::size_t block, Kind kind, std::uint64_t key, std::uint64_t before) const {
  Sum sum;
  const auto lane = blocks_[block].lane.load();
  for (std::size_t i = 0; i < used_; ++i) {
    const Block& other = blocks_[i];
    if (other.pid == 0 || other.lane != lane) continue;
    for (std::size_t cell = 0; cell < other.threads; ++cell) {
      const auto& holding = other.cells[cell][static_cast<std::size_t>(kind)];
      const auto ticket = settled(holding.ticket);
      if (ticket == 0 || ticket >= before) continue;
      ++sum.of_all;
      if (holding.key != key) continue;
      sum.in_lane += holding.weight;
      if (i == block) ++sum.in_worker;
    }
  }
  return sum;
}

bool InFlight::take(std::size_t block, std::size_t cell, Kind kind, std::string_view who,
                    const Share& share) {
  auto& mine = blocks_[block].cells.at(cell)[static_cast<std::size_t>(kind)];
  const auto key = hash_bytes(who);
  mine.ticket = 0;
  mine.key = key;
  mine.weight = share.weight;
  mine.ticket = kAsking;
  const auto ticket = tickets_.fetch_add(1) + kFirstTicket;
  mine.ticket = ticket;
  if (!admits(block, kind, key, share, sum(block, kind, key, ticket))) {
    mine.ticket = 0;
    return false;
  }
  if (share.most_of_all < kUnshared) leave_row(where(block, kind), key);
  return true;
}

bool InFlight::is_free(std::size_t block, Kind kind, std::string_view who, const Share& share) {
  const auto key = hash_bytes(who);
  return admits(block, kind, key, share, sum(block, kind, key, kAny));
}

void InFlight::release(std::size_t block, std::size_t cell, Kind kind) {
  blocks_[block].cells.at(cell)[static_cast<std::size_t>(kind)].ticket = 0;
}

std::int64_t InFlight::count(std::uint32_t lane, Kind kind, std::string_view who) const {
  for (std::size_t i = 0; i < used_; ++i)
    if (blocks_[i].pid != 0 && blocks_[i].lane == lane) return sum(i, kind, hash_bytes(who), kAny).in_lane;
  return 0;
}

}  // namespace tenantd::shm
