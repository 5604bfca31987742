// How several hosts of one database keep right what each of them remembers of sessions.
//
// A host is one start of tenantd, with a row in the table `host`. It remembers principals in shared memory
// (shm/session_cache.hpp). A write on another host must end that: before the reply to that write where the
// reply promises that it counts at once, and soon after it elsewhere.
//
//   writer   announce: an entry in the log (the table `invalidation`), the transaction's last statement,
//                      unless there is no other host
//            mark ids busy → COMMIT → next generation, unmark
//            confirm:  if more than `announce` passed since the announcement began, announce again, by itself
//                      if it counts at once: wait until every host in the table has acknowledged the entry,
//                      but no longer than `stale` after the commit
//            answer the client
//   poller   (one process a host) every 50 ms: note the time → read the hosts and the log → next generation
//            of what the entries name → trust what is remembered until that time + `stale` → acknowledge
//   reader   uses what is remembered only while it is trusted, and stores only what it began to read while
//            it was
//
// Why no session is accepted on any host after such a reply:
//
// 1. Host B uses what it remembers at a time t. Then a poll of B began at p >= t - stale. If p is later than
//    the return of the commit, that poll read the entry, and B has moved on. If not, t is earlier than commit
//    + stale, and A has not answered, unless B acknowledged, which is after it moved on. So an
//    acknowledgement makes the reply quicker; what makes it right is that A waits. A host that is stopped,
//    cut off or slow is waited for `stale`, and the clocks of two hosts are never compared: only the pace of
//    each counts.
// 2. Entries become visible out of order, and numbers are lost to rollbacks and taken in steps by Galera. A
//    number below the newest one seen may still become visible, but no later than `announce` after it was
//    taken: else its writer announces again. So the poller reads all above a floor, which follows the newest
//    number `settle` later (log_cursor.hpp).
// 3. A writer that finds no other host writes no entry. It finds that in the table with the entry's own
//    statement, or in what its poller read less than `stale` ago. A host that joins writes its row first and
//    trusts nothing for `warm`: by then every commit whose writer could not know of it has returned, and what
//    it reads from there on it reads after them. It begins with an empty memory and at the log's end.
//    A program that is no host, such as tenantctl, writes an entry if there is any host (outsider.hpp).
// 4. A host counts as gone when its row is gone. It renews a number in the row every `renew`; another host
//    removes the row after it has seen the same number for `forget`, by its own clock. The owner trusts
//    nothing later than `member` after its last renewal began, which is earlier. A host joins anew that
//    misses its row, whose database went away, that fell behind by more entries than it reads at a time, or
//    that finds a log which ends before what it has read: it was emptied, or another server answers.
//
// 5. A host that renews its row and does not acknowledge would be waited for by every reply. The writer that
//    has waited in vain counts that in the row. A host that finds kMostOverdue there trusts nothing from then
//    on, and then removes its row. It joins again only if it can write an acknowledgement.
// 6. Two machines that go on from one state of the memory, since one was copied while it ran, have one id and
//    one row. Each renewal says which number it expects there, so that one of the two is refused, and sees
//    the other's number: it trusts nothing and joins as another host. That is found within a renewal.
//
// tests/hosts/interleavings_test.cpp runs all interleavings of these steps, with crashes and pauses.
//
// What it rests on: all hosts use one writer node of the database, whose commits are seen by every read that
// begins after they return; and clocks that go at the same pace within five per cent, also while a machine
// sleeps (CLOCK_BOOTTIME). A virtual machine whose clock is stopped from outside and goes on later may use
// what it remembers for the rest of `stale`.
//
// When the writer node changes (db/server_board.hpp), all processes of a host leave the old one as soon as
// one of them notices, and the host begins anew as if it had joined: it trusts nothing, and is not alone. Two
// hosts may notice a second or two apart, and five when the first node is back. For that time a node can be
// read that has not applied an end which was committed on the other one.
#pragma once

#include <cstdint>

namespace tenantd::hosts {

// Microseconds.
struct Bounds {
  std::int64_t stale = 500'000;     // no poll later than this: nothing is trusted
  std::int64_t announce = 500'000;  // from the announcement to the return of the commit
  std::int64_t settle = 1'250'000;  // a number that is not visible by then never will be
  std::int64_t warm = 1'250'000;    // from joining until something is trusted
  std::int64_t renew = 1'000'000;
  std::int64_t member = 2'000'000;
  std::int64_t forget = 3'000'000;
};
inline constexpr Bounds kBounds;
// For clocks that do not go at the same pace.
inline constexpr std::int64_t kMarginUs = 25'000;
static_assert(kBounds.settle > kBounds.announce + kMarginUs);
static_assert(kBounds.warm > kBounds.stale + kBounds.announce + kMarginUs);
static_assert(kBounds.forget > kBounds.member + kMarginUs && kBounds.member > kBounds.renew);

// A host that so many replies have waited for in vain, since it last acknowledged in time, gives its row up.
inline constexpr std::int64_t kMostOverdue = 3;

inline constexpr std::int64_t kPollUs = 50'000;
// Nobody waits for a host that is alone.
inline constexpr std::int64_t kPollAloneUs = 200'000;
inline constexpr std::int64_t kRenewAloneUs = 10'000'000;

}  // namespace tenantd::hosts
