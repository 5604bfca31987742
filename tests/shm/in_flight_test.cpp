// Threads and processes that share one table of what is under way.
#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

#include "support/check.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/shm/in_flight.hpp"
#include "tenantd/shm/shared.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;
using Kind = shm::InFlight::Kind;

namespace {

constexpr std::uint32_t kLane = 7;
constexpr shm::InFlight::Share kHalf{1, 4, 2};

// A place that everybody shares, and nobody else's.
struct OnePlace {
  shm::Shared<shm::InFlight> table;
  std::size_t block = table->join(100, kLane, 8);
  shm::InFlight::Share share{1, 4, 4, 1};

  bool take(std::size_t cell, const char* who) { return table->take(block, cell, Kind::slow, who, share); }
  bool is_free(const char* who) { return table->is_free(block, Kind::slow, who, share); }
  void release(std::size_t cell) { table->release(block, cell, Kind::slow); }
};

}  // namespace

Test(in_flight, one_caller_has_its_share_of_a_worker_and_the_rest_is_there_for_others) {
  shm::Shared<shm::InFlight> table;
  const auto block = table->join(100, kLane, 8);
  require(table->take(block, 0, Kind::organization, "a", kHalf), "the first was refused");
  require(table->take(block, 1, Kind::organization, "a", kHalf), "the second was refused");
  require(!table->is_free(block, Kind::organization, "a", kHalf), "a third place is free");
  require(!table->take(block, 2, Kind::organization, "a", kHalf), "a third got in");
  require(table->take(block, 2, Kind::organization, "b", kHalf), "another caller was refused");
  table->release(block, 0, Kind::organization);
  require(table->is_free(block, Kind::organization, "a", kHalf), "what was released is not free");
  require(table->take(block, 3, Kind::organization, "a", kHalf), "what was released cannot be taken");
}

Test(in_flight, workers_of_a_lane_count_together_and_lanes_apart) {
  shm::Shared<shm::InFlight> table;
  std::vector<std::size_t> blocks;
  for (const pid_t pid : {101, 102, 103}) blocks.push_back(table->join(pid, kLane, 8));
  const auto elsewhere = table->join(104, kLane + 1, 8);
  for (const auto at : {0U, 1U})
    for (const auto cell : {0U, 1U})
      require(table->take(blocks[at], cell, Kind::organization, "a", kHalf), "within the share, and refused");
  require(!table->take(blocks[2], 0, Kind::organization, "a", kHalf), "a fifth got in");
  require(table->take(elsewhere, 0, Kind::organization, "a", kHalf), "another lane's places were counted");
  require_equal(table->count(kLane, Kind::organization, "a"), std::int64_t{4});
}

Test(in_flight, what_all_share_goes_round_and_a_crowd_stands_in_the_row_once) {
  OnePlace place;
  const auto take = [&](std::size_t cell, const char* who) { return place.take(cell, who); };
  require(take(0, "crowd"), "the first was refused");
  for (const std::size_t cell : {1U, 2U, 3U}) require(!take(cell, "crowd"), "a second place");
  require(!take(4, "b"), "a place for b");
  require(!take(5, "c"), "a place for c");
  place.release(0);
  require(!take(4, "b") && !take(0, "d"), "somebody was before who waits for longest");
  require(take(0, "crowd"), "the crowd waits for longest");
  place.release(0);
  require(!take(0, "crowd"), "the crowd was served just now");
  require(!place.is_free("c"), "c came after b");
  require(place.is_free("b") && take(4, "b"), "b's turn");
  place.release(4);
  require(take(5, "c"), "c's turn");
}

Test(in_flight, who_was_not_heard_of_stands_at_the_end_of_the_row) {
  OnePlace place;
  const auto take = [&](std::size_t cell, const char* who) { return place.take(cell, who); };
  require(take(0, "a") && !take(1, "gone"), "one place");
  const auto over_us = monotonic_microseconds() + shm::InFlight::kHeardUs;
  while (monotonic_microseconds() <= over_us) std::this_thread::yield();
  require(!take(2, "b"), "a place for b");
  place.release(0);
  require(!take(1, "gone"), "who was gone came before b");
  require(take(2, "b"), "b's turn");
}

Test(in_flight, what_weighs_more_than_the_share_passes_alone) {
  shm::Shared<shm::InFlight> table;
  const auto block = table->join(100, kLane, 8);
  const shm::InFlight::Share heavy{9, 4, 2};
  require(table->take(block, 0, Kind::account, "a", heavy), "it never gets in");
  require(!table->take(block, 1, Kind::account, "a", {1, 4, 2}), "another got in beside it");
  table->release(block, 0, Kind::account);
  require(table->take(block, 1, Kind::account, "a", {1, 4, 2}), "its weight stayed");
  require(!table->take(block, 0, Kind::account, "a", heavy), "it got in beside another");
}

Test(in_flight, a_bound_on_all_holds_whoever_they_are) {
  shm::Shared<shm::InFlight> table;
  const auto block = table->join(100, kLane, 8);
  const shm::InFlight::Share share{1, 1, 1, 3};
  for (const auto cell : {0U, 1U, 2U})
    require(table->take(block, cell, Kind::slow, std::to_string(cell), share),
            "within the bound, and refused");
  require(!table->take(block, 3, Kind::slow, "3", share), "a fourth got in");
}

Test(in_flight, a_killed_worker_leaves_nothing_behind) {
  shm::Shared<shm::InFlight> table;
  const auto mine = table->join(::getpid(), kLane, 8);
  const pid_t worker = ::fork();
  if (worker == 0) {
    const auto block = table->join(::getpid(), kLane, 8);
    for (std::size_t cell = 0; cell < 4; ++cell)
      table->take(block, cell, Kind::organization, "a", {1, 100, 100});
    ::raise(SIGKILL);
  }
  int status = 0;
  require_equal(::waitpid(worker, &status, 0), worker);
  require(WIFSIGNALED(status), "the worker was not killed");
  require_equal(table->count(kLane, Kind::organization, "a"), std::int64_t{4});
  require(!table->is_free(mine, Kind::organization, "a", kHalf), "the dead one's were not counted at all");
  table->leave(worker);
  require_equal(table->count(kLane, Kind::organization, "a"), std::int64_t{0});
  require(table->is_free(mine, Kind::organization, "a", kHalf), "the dead one's are still counted");
  require(table->join(4711, kLane, 8) != mine, "the successor got a block that is in use");
}

Test(in_flight, of_threads_that_ask_at_once_no_more_get_in_than_the_share) {
  shm::Shared<shm::InFlight> table;
  const auto block = table->join(100, kLane, 8);
  constexpr std::size_t kAsking = 8;
  constexpr shm::InFlight::Share share{1, 3, 64};
  std::atomic<std::int64_t> inside{0}, most{0}, admitted{0};
  std::vector<std::thread> threads;
  for (std::size_t cell = 0; cell < kAsking; ++cell)
    threads.emplace_back([&, cell] {
      for (int i = 0; i < 2000; ++i) {
        if (!table->take(block, cell, Kind::organization, "a", share)) continue;
        const auto now = ++inside;
        for (auto seen = most.load(); now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        ++admitted;
        std::this_thread::yield();
        --inside;
        table->release(block, cell, Kind::organization);
      }
    });
  for (auto& thread : threads) thread.join();
  require(most <= 3, "at once there were " + std::to_string(most.load()));
  require(admitted > 0, "nobody ever got in");
  require_equal(table->count(kLane, Kind::organization, "a"), std::int64_t{0});
}
