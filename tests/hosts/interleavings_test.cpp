// All interleavings of two hosts on one database, step by step and tick by tick, with the rules as they are
// shipped (Standing, LogCursor): a writer on host A ends a session; host B reads it, remembers it, polls,
// pauses, crashes, loses its row and joins anew. The oracle: once A has answered, B does not go by what it
// remembers.
#include <criterion/criterion.h>

#include <deque>
#include <unordered_set>

#include "support/check.hpp"
#include "tenantd/hosts/log_cursor.hpp"
#include "tenantd/hosts/standing.hpp"

using namespace tenantd;
using test::require;

namespace {

using hosts::Bounds;
using hosts::LogCursor;
using hosts::Standing;

// One tick is the unit: the order between the bounds is that of kBounds.
constexpr Bounds kTicks{
    .stale = 2, .announce = 1, .settle = 2, .warm = 4, .renew = 1, .member = 2, .forget = 3};

// The least that keeps that order, where more has to happen.
constexpr Bounds kShort{
    .stale = 1, .announce = 0, .settle = 1, .warm = 2, .renew = 1, .member = 2, .forget = 3};

HostId id_of(std::uint8_t n) {
  UuidBytes bytes{};
  bytes.fill(n);
  return HostId{bytes};
}
const HostId kA = id_of(1), kB = id_of(2);

struct Entry {
  bool is_visible = false;
  bool names_session = true;
  bool is_acknowledged = false;
};

// What the database holds. An entry's number is its place, from 1.
struct Database {
  bool is_live = true;
  std::vector<Entry> log;
  bool b_present = false;
  std::uint8_t b_registration = 0;
  std::int64_t b_beat = 0;
};

// B's shared memory: the session's generation, and what was stored of it.
struct Memory {
  int generation = 0, epoch = 0;
  std::int64_t trusted_until = 0;
  bool is_stored = false;
  int stored_generation = 0, stored_epoch = 0;

  bool accepts(std::int64_t now) const {
    return is_stored && now < trusted_until && stored_generation == generation && stored_epoch == epoch;
  }
};

struct Writer {
  int step = 0;
  std::int64_t began = 0, until = 0;
  std::size_t entry = 0;  // 0: nobody is told
  bool has_answered = false;
};

struct Reader {
  int step = 0;
  bool is_valid = false, found_live = false;
  int generation = 0, epoch = 0;
};

struct Poll {
  int step = 0;
  Standing standing;
  LogCursor cursor;
  Standing::Found found;
  std::vector<std::size_t> read;
  std::int64_t renewal = 0;
  std::size_t to_acknowledge = 0;
  explicit Poll(const Bounds& bounds) : standing(bounds), cursor(bounds.settle) {}
};

// Who goes by which bounds: a test breaks one of them.
struct Rules {
  Bounds writer, b, a;
  Rules(const Bounds& all) : writer(all), b(all), a(all) {}  // NOLINT
};

struct World {
  Rules rules;
  std::int64_t now = 1;
  Database db;
  Memory memory;
  Writer writer;
  Reader reader;
  Poll b;
  // Of A's poller that only which matters to B.
  int a_step = 0, a_polls = 2;
  std::int64_t a_began = 0, a_alone_until = 0;
  Standing a_standing;
  int other_step = 0;  // a second writer of A, whose number may become visible out of order
  int crashes = 0, reads = 1;

  explicit World(const Rules& given) : rules(given), b(given.b), a_standing(given.a) {
    a_standing.joined(now);
  }
  std::string key() const;
};

std::string World::key() const {
  std::string text = b.standing.describe() + '|' + a_standing.describe() + '|' + b.cursor.describe() + '|';
  for (const auto& e : db.log)
    text += static_cast<char>('a' + e.is_visible + 2 * e.names_session + 4 * e.is_acknowledged);
  // They are small: a byte each.
  const auto put = [&](auto number) { text += static_cast<char>(number); };
  for (const auto number : {now, db.b_beat, memory.trusted_until, writer.began, writer.until,
                            b.found.began_us, b.found.returned_us, b.renewal, a_began, a_alone_until})
    put(number);
  for (const int number : {int{db.is_live},
                           int{db.b_present},
                           int{db.b_registration},
                           memory.generation,
                           memory.epoch,
                           int{memory.is_stored},
                           memory.stored_generation,
                           memory.stored_epoch,
                           writer.step,
                           int{writer.has_answered},
                           reader.step,
                           int{reader.is_valid},
                           int{reader.found_live},
                           reader.generation,
                           reader.epoch,
                           b.step,
                           a_step,
                           other_step,
                           crashes,
                           reads,
                           a_polls,
                           int{b.found.registration.has_value()}})
    put(number);
  put(writer.entry);
  put(b.to_acknowledge);
  for (const auto number : b.read) put(number);
  return text;
}

// --- the writer on A
// ----------------------------------------------------------------------------------------------

std::size_t append(World& w, bool is_visible, bool names_session) {
  w.db.log.push_back({is_visible, names_session, false});
  return w.db.log.size();
}

bool write(World& w) {
  auto& writer = w.writer;
  switch (writer.step) {
    case 0:  // announce
      writer.began = w.now;
      writer.entry = 0;
      writer.step = w.now < w.a_alone_until ? 2 : 1;
      return true;
    case 1:  // the entry's statement
      if (w.db.b_present) writer.entry = append(w, false, true);
      writer.step = 2;
      return true;
    case 2:  // COMMIT is visible
      w.db.is_live = false;
      if (writer.entry != 0) w.db.log[writer.entry - 1].is_visible = true;
      writer.step = 3;
      return true;
    case 3:  // COMMIT returns, or the announcement by itself
      if (w.now - writer.began > w.rules.writer.announce) {
        writer.began = w.now;
        writer.step = 4;
      } else {
        writer.until = w.now + w.rules.writer.stale;
        writer.step = 5;
      }
      return true;
    case 4:
      writer.entry = w.db.b_present ? append(w, true, true) : 0;
      writer.step = 3;
      return true;
    case 5:  // wait
      if (writer.entry != 0 && w.db.b_present && !w.db.log[writer.entry - 1].is_acknowledged &&
          w.now < writer.until)
        return false;
      writer.has_answered = true;
      writer.step = 6;
      return true;
    default: return false;
  }
}

// Takes a number, and shows it later or never.
bool write_other(World& w, bool rolls_back) {
  if (w.other_step == 0 && !rolls_back) {
    w.other_step = static_cast<int>(append(w, false, false));
    return true;
  }
  if (w.other_step <= 0) return false;
  if (!rolls_back) w.db.log[static_cast<std::size_t>(w.other_step) - 1].is_visible = true;
  w.other_step = -1;
  return true;
}

// --- A's poller
// ---------------------------------------------------------------------------------------------------

bool poll_a(World& w) {
  if (w.a_step == 0) {
    if (w.a_polls == 0) return false;
    --w.a_polls;
    w.a_began = w.now;
    w.a_step = 1;
    return true;
  }
  Standing::Found found{w.a_began, w.now, kA, {}};
  if (w.db.b_present) found.others.push_back({kB, w.db.b_beat});
  const auto verdict = w.a_standing.judge(found);
  w.a_alone_until = verdict.alone_until;
  for (const auto& gone : verdict.gone)
    if (w.db.b_present && w.db.b_beat == gone.beat) w.db.b_present = false;
  w.a_step = 0;
  return true;
}

// --- B
// ------------------------------------------------------------------------------------------------------------

void join(World& w) {
  if (!w.db.b_present) {
    w.db.b_present = true;
    ++w.db.b_registration;
    w.db.b_beat = 0;
  } else {
    ++w.db.b_beat;
  }
  w.b.standing.joined(w.b.renewal);
}

void read_log(World& w) {
  w.b.read.clear();
  std::int64_t newest = 0;
  for (std::size_t number = 1; number <= w.db.log.size(); ++number) {
    if (!w.db.log[number - 1].is_visible) continue;
    newest = static_cast<std::int64_t>(number);
    if (newest > w.b.cursor.floor()) w.b.read.push_back(number);
  }
  if (!w.b.standing.is_first_poll()) return;
  w.b.cursor.start(newest);
  w.b.read.clear();
}

void take_entries(World& w) {
  for (const auto number : w.b.read)
    if (w.b.cursor.take(static_cast<std::int64_t>(number)) && w.db.log[number - 1].names_session) {
      ++w.memory.generation;
      w.b.to_acknowledge = number;
    }
  w.b.read.clear();
  w.b.found.returned_us = w.now;
  w.b.cursor.settle(w.b.found.began_us, w.b.found.returned_us);
}

void judge(World& w) {
  const auto verdict = w.b.standing.judge(w.b.found);
  if (verdict.must_join) w.memory.trusted_until = 0;
  if (verdict.forget_all) ++w.memory.epoch;
  w.memory.trusted_until = std::max(w.memory.trusted_until, verdict.trust_until);
}

bool poll_b(World& w) {
  auto& b = w.b;
  switch (b.step) {
    case 0:
      b.renewal = b.found.began_us = w.now;
      b.step = b.standing.is_joined() ? 3 : 1;
      return true;
    case 1:
      join(w);
      b.step = 2;
      return true;
    case 2:
      b.found.began_us = w.now;
      b.step = 3;
      return true;
    case 3:
      b.found.others = {{kA, 0}};
      if (w.db.b_present) b.found.registration = id_of(static_cast<std::uint8_t>(10 + w.db.b_registration));
      b.step = 4;
      return true;
    case 4:
      read_log(w);
      b.step = 5;
      return true;
    case 5:
      take_entries(w);
      b.renewal = w.now;
      b.step = b.standing.must_renew(w.now, false) ? 6 : 7;
      return true;
    case 6:
      if (w.db.b_present) {
        ++w.db.b_beat;
        b.standing.renewed(b.renewal);
      }
      b.step = 7;
      return true;
    case 7:
      judge(w);
      b.step = b.to_acknowledge != 0 ? 8 : 0;
      return true;
    default:
      w.db.log[b.to_acknowledge - 1].is_acknowledged = true;
      b.to_acknowledge = 0;
      b.step = 0;
      return true;
  }
}

bool read_session(World& w) {
  auto& r = w.reader;
  switch (r.step) {
    case 0:
      // Once is enough: of what was stored before the end, one thing is gone by after it.
      if (w.reads == 0) return false;
      --w.reads;
      r = {1, w.now < w.memory.trusted_until, false, w.memory.generation, w.memory.epoch};
      return r.is_valid;
    case 1:
      r.found_live = w.db.is_live;
      r.step = 2;
      return true;
    default:
      // What is not live is not stored: it is refused, and so it would be again.
      if (r.found_live) {
        w.memory.is_stored = true;
        w.memory.stored_generation = r.generation;
        w.memory.stored_epoch = r.epoch;
      }
      r = {};
      return true;
  }
}

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
  kTick = 128,
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

Test(interleavings, nor_while_a_host_joins) { expect_safe(with_b_to_join(kShort), kBase | kPollerA, 4); }

// The session is remembered, and A has time to remove B's row.
World with_b_that_may_pause(const Rules& rules) {
  auto w = with_both(rules);
  w.memory.is_stored = true;
  w.memory.stored_generation = w.memory.generation;
  w.memory.stored_epoch = w.memory.epoch;
  w.reads = 0;
  w.a_polls = 2;
  return w;
}

Test(interleavings, nor_when_a_paused_host_has_lost_its_row) {
  expect_safe(with_b_that_may_pause(kShort), kBase | kPollerA, 4);
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
