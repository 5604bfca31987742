// What is known of the hosts of DB_HOST, by their place in it: which took no writes or did not answer, and
// when they may be asked again. Lies in memory that the processes of a host share, or is a process's own.
//
// All connections shall lead to one server: the first in the list that takes writes. An epoch ends when that
// becomes another one: a server turned out unfit, or one that stands before it is fit again. Connections of
// an epoch that has ended are closed by whoever holds them, once their transaction is over.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tenantd::db {

// Right when all its bytes are zero: nothing is known against any host. Times are monotonic microseconds. A
// host whose place is kMost or later counts as fit always.
class ServerBoard {
 public:
  static constexpr std::size_t kMost = 16;
  // How long an unfit host is not asked first: doubled each time, up to the longest.
  static constexpr std::int64_t kFirstUs = 1'000'000;
  static constexpr std::int64_t kLongestUs = 5'000'000;
  // How long nobody is asked behind a proxy that mixes connections.
  static constexpr std::int64_t kMixingUs = 60'000'000;

  std::uint64_t epoch() const { return epoch_.load(); }
  // The places 0 to `count` - 1 in the order in which a connection asks them: those that are fit or may be
  // asked again, as the list has them, and then the rest.
  std::vector<std::size_t> order(std::size_t count, std::int64_t now_us) const;
  // True if a host that stands before `place` is unfit and may be asked again.
  bool is_return_due(std::size_t place, std::int64_t now_us) const;
  // Whoever asks an unfit host says so before: others do not ask it first until a longer wait is over.
  void asking(std::size_t place, std::int64_t now_us);
  // The host did not answer, or takes no writes. Ends the epoch if it was fit.
  void failed(std::size_t place, std::int64_t now_us);
  // The host takes writes. Returns the epoch that this begins, if it does.
  std::optional<std::uint64_t> answered(std::size_t place);

  // A proxy stands there that gives one connection's statements to several of the server's.
  void mixes(std::size_t place, std::int64_t now_us);
  bool is_mixing(std::size_t place, std::int64_t now_us) const;

 private:
  bool is_fit(std::size_t place) const { return place >= kMost || ask_at_us_[place].load() == 0; }

  std::atomic<std::uint64_t> epoch_;
  std::array<std::atomic<std::int64_t>, kMost> ask_at_us_;  // 0 = fit
  std::array<std::atomic<int>, kMost> failures_;            // in a row
  std::array<std::atomic<std::int64_t>, kMost> mixes_until_us_;
};

}  // namespace tenantd::db
