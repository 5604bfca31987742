#include "tenantd/hosts/own_row.hpp"

#include <algorithm>

#include "tenantd/base/time.hpp"
#include "tenantd/base/version.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::hosts {
namespace {

using db::Sql;

constexpr Sql kJoin{"host.join",
                    "INSERT IGNORE INTO host (id, registration, beat, name, version, started_at, seen_at, "
                    "address, kids, files, overdue) VALUES (?, ?, ?, ?, ?, UNIX_TIMESTAMP(), "
                    "UNIX_TIMESTAMP(), SUBSTRING_INDEX(USER(), '@', -1), ?, ?, ?)"};
constexpr Sql kBeat{"host.beat", "SELECT beat FROM host WHERE id = ?"};
constexpr Sql kRenew{
    "host.renew",
    "UPDATE host SET beat = ?, seen_at = UNIX_TIMESTAMP(), lag_us = ? WHERE id = ? AND beat = ?"};
constexpr Sql kLeave{"host.leave", "DELETE FROM host WHERE id = ?"};

constexpr int kStrange = 2;

// Two machines that go on from one state of the memory hardly write in the same microsecond.
std::int64_t number_after(std::int64_t beat) { return std::max(beat + 1, boot_microseconds()); }

}  // namespace

// What stands in the row is looked at before another number is chosen.
bool OwnRow::write(db::Connection& connection, const std::string& kids, std::int64_t overdue) {
  const auto id = state_.id();
  if (auto rows = connection.query(kBeat, id); rows.next()) {
    const auto found = rows.integer(0);
    return !look(found) && is_own(found) && renew(connection, 0);
  }
  const auto beat = number_after(state_.beat.load());
  state_.next_beat.store(beat);
  if (connection.execute(kJoin, id, crypto::new_id<HostId>(), beat, name_, kVersion, kids, files_, overdue) !=
      1)
    return false;
  state_.beat.store(beat);
  strange_ = 0;
  return true;
}

bool OwnRow::renew(db::Connection& connection, std::int64_t lag_us) {
  const auto before = state_.beat.load();
  const auto beat = number_after(before);
  state_.next_beat.store(beat);
  if (connection.execute(kRenew, beat, lag_us, state_.id(), before) != 1) return false;
  state_.beat.store(beat);
  return true;
}

// What was being written when its process was killed is written.
bool OwnRow::is_own(std::int64_t beat) {
  if (beat == state_.beat.load()) return true;
  if (beat != state_.next_beat.load()) return false;
  state_.beat.store(beat);
  return true;
}

bool OwnRow::look(std::int64_t beat) {
  strange_ = is_own(beat) ? 0 : strange_ + 1;
  return is_taken();
}

bool OwnRow::is_taken() const { return strange_ >= kStrange; }

void OwnRow::become_another() {
  strange_ = 0;
  state_.set_id(crypto::new_id<HostId>());
}

void OwnRow::remove(db::Connection& connection) { connection.execute(kLeave, state_.id()); }

}  // namespace tenantd::hosts
