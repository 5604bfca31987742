// Where a host is in the log of invalidations. Numbers become visible out of order, and some never do: what
// lies below the newest number is read again until it cannot come any more (protocol.hpp, 2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tenantd::hosts {

class LogCursor {
 public:
  explicit LogCursor(std::int64_t settle_us) : settle_us_(settle_us) {}

  // Begins behind `newest`: everything up to it counts as known.
  void start(std::int64_t newest);
  // A poll reads all numbers above this one.
  std::int64_t floor() const { return floor_; }
  // A poll found this number. True if none did before.
  bool take(std::int64_t number);
  // A poll that began and returned at these times found no more than what was taken.
  void settle(std::int64_t began_us, std::int64_t returned_us);
  // The newest number that was found. The log's end never lies before it.
  std::int64_t newest() const { return newest_; }
  // Numbers kept above the floor.
  std::size_t kept() const { return seen_.size(); }
  // All that it knows, as text.
  std::string describe() const;

 private:
  void raise_floor(std::int64_t to);

  std::int64_t settle_us_;
  std::int64_t floor_ = 0;
  std::int64_t newest_ = 0;
  std::set<std::int64_t> seen_;
  std::vector<std::pair<std::int64_t, std::int64_t>> marks_;  // when, and the newest number then
};

}  // namespace tenantd::hosts
