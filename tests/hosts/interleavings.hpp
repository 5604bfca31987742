// Two hosts on one database in steps and ticks: a writer on host A ends a session; host B reads it, remembers
// it, polls, pauses, crashes, loses its row and joins anew. The rules are those that are shipped (Standing,
// LogCursor).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tenantd/hosts/log_cursor.hpp"
#include "tenantd/hosts/standing.hpp"

namespace tenantd::test::interleavings {

using hosts::Bounds;
using hosts::LogCursor;
using hosts::Standing;

// One tick is the unit: the order between the bounds is that of kBounds.
inline constexpr Bounds kTicks{
    .stale = 2, .announce = 1, .settle = 2, .warm = 4, .renew = 1, .member = 2, .forget = 3};

// The least that keeps that order, where more has to happen.
inline constexpr Bounds kShort{
    .stale = 1, .announce = 0, .settle = 1, .warm = 2, .renew = 1, .member = 2, .forget = 3};

inline HostId id_of(std::uint8_t n) {
  UuidBytes bytes{};
  bytes.fill(n);
  return HostId{bytes};
}
inline const HostId kA = id_of(1), kB = id_of(2);

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
  bool b_overdue = false;  // B was waited for in vain too often
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
  bool is_overdue = false;
  std::int64_t unfit_since = 0;
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

inline std::string World::key() const {
  std::string text = b.standing.describe() + '|' + a_standing.describe() + '|' + b.cursor.describe() + '|';
  for (const auto& e : db.log)
    text += static_cast<char>('a' + e.is_visible + 2 * e.names_session + 4 * e.is_acknowledged);
  // They are small: a byte each.
  const auto put = [&](auto number) { text += static_cast<char>(number); };
  for (const auto number :
       {now, db.b_beat, memory.trusted_until, writer.began, writer.until, b.found.began_us,
        b.found.returned_us, b.renewal, a_began, a_alone_until, b.unfit_since})
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
                           int{db.b_overdue},
                           int{b.is_overdue},
                           int{b.found.registration.has_value()}})
    put(number);
  put(writer.entry);
  put(b.to_acknowledge);
  for (const auto number : b.read) put(number);
  return text;
}

// --- the writer on A
// ----------------------------------------------------------------------------------------------

inline std::size_t append(World& w, bool is_visible, bool names_session) {
  w.db.log.push_back({is_visible, names_session, false});
  return w.db.log.size();
}

inline bool write(World& w) {
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
inline bool write_other(World& w, bool rolls_back) {
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

inline bool poll_a(World& w) {
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

inline void join(World& w) {
  if (!w.db.b_present) {
    w.db.b_present = true;
    ++w.db.b_registration;
    w.db.b_beat = 0;
    w.db.b_overdue = false;
  } else {
    ++w.db.b_beat;
  }
  w.b.standing.joined(w.b.renewal);
}

inline void read_log(World& w) {
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

inline void take_entries(World& w) {
  for (const auto number : w.b.read)
    if (w.b.cursor.take(static_cast<std::int64_t>(number)) && w.db.log[number - 1].names_session) {
      ++w.memory.generation;
      w.b.to_acknowledge = number;
    }
  w.b.read.clear();
  w.b.found.returned_us = w.now;
  w.b.cursor.settle(w.b.found.began_us, w.b.found.returned_us);
}

inline void judge(World& w) {
  const auto verdict = w.b.standing.judge(w.b.found);
  if (verdict.must_join) w.memory.trusted_until = 0;
  if (verdict.forget_all) ++w.memory.epoch;
  w.memory.trusted_until = std::max(w.memory.trusted_until, verdict.trust_until);
}

// B has found that it was waited for in vain: it trusts nothing, and after a while removes its row.
inline void stand_back(World& w) {
  auto& b = w.b;
  w.memory.trusted_until = 0;
  b.step = 0;
  if (b.unfit_since == 0) b.unfit_since = w.now;
  if (w.now - b.unfit_since <= w.rules.b.stale) return;
  w.db.b_present = false;
  b.standing.leave();
  b.unfit_since = 0;
}

inline bool poll_b(World& w) {
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
      b.is_overdue = w.db.b_present && w.db.b_overdue;
      if (w.db.b_present) b.found.registration = id_of(static_cast<std::uint8_t>(10 + w.db.b_registration));
      b.step = b.is_overdue ? 9 : 4;
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
    case 9: stand_back(w); return true;
    default:
      w.db.log[b.to_acknowledge - 1].is_acknowledged = true;
      b.to_acknowledge = 0;
      b.step = 0;
      return true;
  }
}

inline bool read_session(World& w) {
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

}  // namespace tenantd::test::interleavings
