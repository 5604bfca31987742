// What is under way in each lane, and for whom, as all workers of this host see it.
//
// A serving thread has a cell in its worker's block, and nobody else writes there. A count is a sum over the
// cells of a lane, so nothing is added that somebody must take away again: what a worker had under way when
// it was killed goes with its block, which the master clears when it reaps the process.
//
// Two threads that ask at the same moment are told apart by a ticket, as in Lamport's bakery: each counts
// those that hold or ask with a lower one. So the last place goes to one of them, and never to both.
//
// What callers share with all others (Share::most_of_all) goes round: who found none waits in a row in which
// each caller stands once, however many requests it has, and who comes later stands behind. A caller that is
// not heard of for kHeard waits no more.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tenantd::shm {

class InFlight {
 public:
  // A cell holds one of each. `slow` is all that waits for others or for the disk; `unproven` what of it may
  // hang for all that is known; `lookup` and `hashing` are kinds of that.
  enum class Kind : std::size_t { organization, account, slow, unproven, lookup, hashing };
  static constexpr std::size_t kKinds = 6;
  static constexpr std::size_t kThreads = 64;  // of a worker
  static constexpr std::size_t kBlocks = 1024;
  static constexpr std::size_t kRow = 256;  // callers that wait; who finds no room goes ahead unseen
  static constexpr std::int64_t kHeardUs = 1'000'000;

  static constexpr std::int64_t kUnshared = kThreads * kBlocks;

  // What one caller may have under way, of one kind.
  struct Share {
    std::int64_t weight = 1;          // of this request
    std::int64_t most_in_lane = 1;    // weights together. A request that weighs more passes when it is alone
    std::int64_t most_in_worker = 1;  // requests
    std::int64_t most_of_all = kUnshared;  // requests of this kind in the lane, whoever they are for
  };

  // Takes a block for this process, whose threads use the cells below `threads`. Throws std::runtime_error if
  // none is left.
  std::size_t join(pid_t pid, std::uint32_t lane, std::size_t threads);
  // Gives back the block of a process that has ended, with all that it had under way.
  void leave(pid_t pid);

  // True if the cell now counts for `who`; a cell that held something of this kind holds it no more.
  bool take(std::size_t block, std::size_t cell, Kind kind, std::string_view who, const Share& share);
  // True if take() would have succeeded just now. To be asked again and again by who waits: what is shared
  // with all is kept for those who are heard of.
  bool is_free(std::size_t block, Kind kind, std::string_view who, const Share& share);
  void release(std::size_t block, std::size_t cell, Kind kind);

  // Weights of `who` in a lane. For tests.
  std::int64_t count(std::uint32_t lane, Kind kind, std::string_view who) const;

 private:
  struct Holding {
    std::atomic<std::uint64_t> ticket;  // 0 = none, kAsking = about to have one
    std::atomic<std::uint64_t> key;
    std::atomic<std::int64_t> weight;
  };
  struct Block {
    std::atomic<pid_t> pid;  // 0 = free
    std::atomic<std::uint32_t> lane;
    std::atomic<std::size_t> threads;
    std::array<std::array<Holding, kKinds>, kThreads> cells;
  };
  struct Sum {
    std::int64_t in_lane = 0, in_worker = 0, of_all = 0;
    bool leaves_own(const Share& share) const;
  };
  struct Waiting {
    std::atomic<std::uint64_t> ticket;  // 0 = none, kAsking = about to have one
    std::atomic<std::uint64_t> where, key;
    std::atomic<std::int64_t> heard_us;
  };
  std::uint64_t where(std::size_t block, Kind kind) const;
  bool admits(std::size_t block, Kind kind, std::uint64_t key, const Share& share, const Sum& counted);
  std::int64_t ahead_of(std::uint64_t where, std::uint64_t key, std::int64_t now_us) const;
  void stand(std::uint64_t where, std::uint64_t key, std::int64_t now_us);
  void leave_row(std::uint64_t where, std::uint64_t key);
  Sum sum(std::size_t block, Kind kind, std::uint64_t key, std::uint64_t before) const;

  std::atomic<std::uint64_t> tickets_;
  std::atomic<std::size_t> used_;  // blocks beyond were never taken
  std::array<Block, kBlocks> blocks_;
  std::array<Waiting, kRow> row_;
};

}  // namespace tenantd::shm
