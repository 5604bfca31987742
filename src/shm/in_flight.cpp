#include "tenantd/shm/in_flight.hpp"

#include <algorithm>
#include <stdexcept>

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

bool InFlight::Sum::leaves_room(const Share& share) const {
  const bool fits = in_lane == 0 || in_lane + share.weight <= share.most_in_lane;
  return fits && in_worker < share.most_in_worker && of_all < share.most_of_all;
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
  if (sum(block, kind, key, ticket).leaves_room(share)) return true;
  mine.ticket = 0;
  return false;
}

bool InFlight::is_free(std::size_t block, Kind kind, std::string_view who, const Share& share) const {
  return sum(block, kind, hash_bytes(who), kAny).leaves_room(share);
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
