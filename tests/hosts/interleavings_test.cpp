// All interleavings of two hosts on one database. The oracle: once A has answered, B does not go by what it
// remembers.
//
// Millions of worlds: this file is optimized although tests are not.
#pragma GCC optimize("O2")

#include <criterion/criterion.h>

#include <cstdio>
#include <deque>
#include <unordered_set>

#include "hosts/interleavings.hpp"
#include "support/check.hpp"

using namespace tenantd;
using namespace tenantd::test::interleavings;
using test::require;

namespace {

// --- all of it
// ----------------------------------------------------------------------------------------------------

enum Actor : unsigned {
  kWriter = 1,
  kPollerB = 2,
  kReader = 4,
  kPollerA = 8,
  kOther = 16,
  kRollback = 32,  // of the other writer
  kCrash = 64,     // B's poller is killed, and started again
  kVain = 128,     // somebody has waited for B in vain
  kTick = 256,
};

bool step(World& w, unsigned actor, std::int64_t horizon) {
  switch (actor) {
    case kWriter: return write(w);
    case kPollerB: return poll_b(w);
    case kReader: return read_session(w);
    case kPollerA: return poll_a(w);
    case kOther: return write_other(w, false);
    case kRollback: return write_other(w, true);
    case kCrash:
      if (w.crashes == 1) return false;
      w.crashes = 1;
      w.b = Poll{w.rules.b};
      return true;
    case kVain:
      if (!w.db.b_present || w.db.b_overdue) return false;
      w.db.b_overdue = true;
      return true;
    default:
      if (w.now == horizon) return false;
      ++w.now;
      return true;
  }
}

// Forgets what nothing depends on any more, so that equal worlds look equal.
void normalize(World& w, unsigned actors) {
  if (w.memory.trusted_until <= w.now) w.memory.trusted_until = 0;
  if (w.a_alone_until <= w.now) w.a_alone_until = 0;
  if (w.a_step == 0) w.a_began = 0;
  if (w.writer.step >= 5) w.writer.began = 0;
  if (w.writer.step == 6) w.writer.until = 0;
  if (w.b.step == 0 || w.b.step == 8) w.b.found = {};
  if (w.b.step != 1 && w.b.step != 6) w.b.renewal = 0;
  const bool is_dead =
      w.memory.stored_generation != w.memory.generation || w.memory.stored_epoch != w.memory.epoch;
  if (w.memory.is_stored && is_dead) w.memory.is_stored = false;
  // Only A's poller looks at it.
  if ((actors & kPollerA) == 0) w.db.b_beat = 0;
  if (!w.memory.is_stored) w.memory.stored_generation = w.memory.stored_epoch = 0;
}

// Whether anything of before the end may still be gone by.
bool matters(const World& w) {
  return w.db.is_live || w.memory.is_stored || (w.reader.step == 2 && w.reader.found_live);
}

struct Searched {
  std::size_t worlds = 0;
  bool is_violated = false;
  bool is_answered = false;  // somewhere
  bool is_used = false;      // somewhere what was remembered was gone by
};

Searched search(const World& first, unsigned actors, std::int64_t ticks) {
  Searched found;
  std::unordered_set<std::string> known{first.key()};
  std::deque<World> open{first};
  const auto horizon = first.now + ticks;
  while (!open.empty() && !found.is_violated && known.size() < 4000000) {
    const World world = std::move(open.back());
    open.pop_back();
    for (unsigned actor = kWriter; actor <= kTick; actor *= 2) {
      if ((actors & actor) == 0) continue;
      World next = world;
      if (!step(next, actor, horizon)) continue;
      normalize(next, actors);
      if (!known.insert(next.key()).second) continue;
      const bool accepts = next.memory.accepts(next.now);
      found.is_answered |= next.writer.has_answered;
      found.is_used |= accepts;
      found.is_violated |= next.writer.has_answered && accepts;
      if (!matters(next)) continue;
      open.push_back(std::move(next));
    }
  }
  found.worlds = known.size();
  return found;
}

// Runs B's poller, and lets time pass, until it trusts what it remembers.
World with_both(const Rules& rules) {
  World w{rules};
  while (!w.b.standing.is_trusting() || w.b.step != 0) {
    poll_b(w);
    if (w.b.step == 0) ++w.now;
  }
  w.reader = {};
  return w;
}

constexpr unsigned kBase = kWriter | kPollerB | kReader | kTick;

void expect_safe(const World& first, unsigned actors, std::int64_t ticks) {
  const auto found = search(first, actors, ticks);
  std::fprintf(stderr, "%zu worlds\n", found.worlds);
  require(!found.is_violated, "an ended session is accepted after the reply");
  require(found.is_answered && found.is_used, "the search saw both a reply and a use of what was remembered");
}

void expect_violated(const World& first, unsigned actors, std::int64_t ticks) {
  require(search(first, actors, ticks).is_violated, "an ended session is accepted after the reply");
}

}  // namespace

Test(interleavings, two_hosts_in_step_accept_nothing_after_the_reply) {
  expect_safe(with_both(kTicks), kBase, 4);
}

Test(interleavings, nor_when_the_poller_is_killed_and_started_again) {
  expect_safe(with_both(kTicks), kBase | kCrash, 3);
}

Test(interleavings, nor_when_numbers_become_visible_out_of_order_or_never) {
  expect_safe(with_both(kTicks), kBase | kOther | kRollback, 3);
}

// A has just seen that it is alone.
World with_b_to_join(const Rules& rules) {
  World w{rules};
  w.a_polls = 2;
  poll_a(w), poll_a(w);
  return w;
}

// The writer goes by what A saw before, and then by what A sees meanwhile.
Test(interleavings, nor_while_a_host_joins) {
  expect_safe(with_b_to_join(kShort), kBase, 4);
  expect_safe(with_b_to_join(kShort), kBase | kPollerA, 3);
}

// The session is remembered, and A may remove B's row.
World with_b_that_may_pause(const Rules& rules) {
  auto w = with_both(rules);
  w.memory.is_stored = true;
  w.memory.stored_generation = w.memory.generation;
  w.memory.stored_epoch = w.memory.epoch;
  w.reads = 0;
  w.a_polls = 2;
  poll_a(w), poll_a(w);  // its first sight of B
  return w;
}

Test(interleavings, nor_when_a_paused_host_has_lost_its_row) {
  expect_safe(with_b_that_may_pause(kShort), kBase | kPollerA, 4);
}

Test(interleavings, nor_when_a_host_that_does_not_acknowledge_gives_up_its_row) {
  expect_safe(with_both(kShort), kBase | kVain, 4);
}

// The search would find what it looks for, if there were anything.
Test(interleavings, the_search_finds_a_writer_that_does_not_wait) {
  Rules rules{kTicks};
  rules.writer.stale = 0;
  expect_violated(with_both(rules), kBase, 4);
}

Test(interleavings, the_search_finds_a_writer_that_commits_late_and_does_not_announce_again) {
  Rules rules{kShort};
  rules.writer.announce = 9;
  expect_violated(with_b_to_join(rules), kBase | kPollerA, 4);
}

Test(interleavings, the_search_finds_a_host_that_trusts_what_it_remembers_too_soon) {
  Rules rules{kShort};
  rules.b.warm = 0;
  expect_violated(with_b_to_join(rules), kBase | kPollerA, 4);
}

Test(interleavings, the_search_finds_a_host_that_waits_for_no_late_number) {
  Rules rules{kTicks};
  rules.b.settle = 0;
  expect_violated(with_both(rules), kBase | kOther, 4);
}

Test(interleavings, the_search_finds_a_host_that_removes_others_too_soon) {
  Rules rules{kShort};
  rules.a.forget = 0;
  expect_violated(with_b_that_may_pause(rules), kBase | kPollerA, 4);
}
