// How the hosts of one database count the limits of requests together (shm/rate_limiter.hpp).
//
// A host that has taken much of what a caller has left tells the others, in rounds: it says what it took, and
// until every other host has heard that, it counts as untold. Where hosts have a nearer channel, they say on
// it what they have heard, and the next round begins at once. Without, or if one does not answer, the round
// stands in the host's row for `kRoundUs`, which is longer than the others take to read it.
//
// Numbers of rounds go up. A host takes each round of another once, from wherever it hears of it first.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tenantd/shm/host_state.hpp"
#include "tenantd/shm/metrics.hpp"
#include "tenantd/shm/rate_limiter.hpp"

namespace tenantd::hosts {

// Of one round.
struct LimitReport {
  std::int64_t round = 0;
  std::vector<shm::RateLimiter::Spent> spent;
};
// Little-endian, one after the other. What is cut off or too long reads as nothing.
void append_report(std::string& to, const LimitReport& report);
std::vector<LimitReport> read_reports(std::string_view bytes);

class LimitExchange {
 public:
  static constexpr std::int64_t kRoundUs = 250'000;
  // No round begins sooner after another.
  static constexpr std::int64_t kLeastUs = 5'000;
  // How long the nearer channel may take before the database is asked.
  static constexpr std::int64_t kNearUs = 100'000;
  // How long a round stays in the row, for a host that reads it late.
  static constexpr std::int64_t kInRowUs = 1'000'000;
  static constexpr std::size_t kMostCallers = 200;

  LimitExchange(shm::RateLimiter& limiter, shm::Metrics& metrics) : limiter_(limiter), metrics_(metrics) {}

  // The other hosts, as they stand in the table now. One that is new has told nothing yet.
  void meet(const std::vector<HostId>& others);
  // What stands in the row of another host.
  void hear_row(const HostId& other, std::string_view bytes, std::int64_t now_us);
  // True if it was new.
  bool hear(const HostId& other, const LimitReport& report, std::int64_t now_us);
  // Another host has heard of this one's round.
  void acknowledged(const HostId& other, std::int64_t round);

  // Begins a round if there is something to tell and the one before is over. True if one began now.
  // `is_near`: there is a nearer channel, that works.
  bool turn(std::int64_t now_us, bool is_near);
  // The round that others should hear of; nullptr = none.
  const LimitReport* current() const { return is_out_ ? &current_ : nullptr; }
  // What the own row should hold, if that is something else than what it holds.
  std::optional<std::string> wanted_row(std::int64_t now_us) const;
  void row_written(std::int64_t now_us);
  // What was heard last, of each host.
  const std::map<HostId, std::int64_t>& heard() const { return heard_; }

 private:
  bool is_over(std::int64_t now_us) const;
  bool all_have_heard() const;

  shm::RateLimiter& limiter_;
  shm::Metrics& metrics_;
  std::map<HostId, std::int64_t> heard_, have_heard_;
  std::map<HostId, std::string> rows_;  // as they were read last
  LimitReport current_;
  bool is_out_ = false;
  bool wants_row_ = false;
  std::int64_t began_us_ = 0;
  std::int64_t in_row_us_ = 0;  // 0 = the current round does not stand there
  std::deque<std::pair<std::int64_t, LimitReport>> in_row_;
};

}  // namespace tenantd::hosts
