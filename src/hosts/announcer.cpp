#include "tenantd/hosts/announcer.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "tenantd/base/time.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/hosts/protocol.hpp"

namespace tenantd::hosts {
namespace {

using db::Sql;

// The condition stands in the statement: whoever joins later trusts nothing before this commit has returned.
constexpr Sql kInsert{"invalidation.insert",
                      "INSERT INTO invalidation (host_id, at_once, ids) SELECT ?, ?, ? FROM DUAL "
                      "WHERE EXISTS (SELECT 1 FROM host h WHERE h.id <> ?)"};
constexpr Sql kEntry{"invalidation.entry", "SELECT LAST_INSERT_ID()"};
constexpr Sql kMissing{"invalidation.missing",
                       "SELECT COUNT(*) FROM host h WHERE h.id <> ? AND NOT EXISTS "
                       "(SELECT 1 FROM invalidation_ack a WHERE a.seq = ? AND a.host_id = h.id)"};

constexpr Sql kOverdue{"host.overdue",
                       "UPDATE host SET overdue = LEAST(overdue + 1, 1000) WHERE id <> ? AND NOT EXISTS "
                       "(SELECT 1 FROM invalidation_ack a WHERE a.seq = ? AND a.host_id = host.id)"};

constexpr std::size_t kMostIds = 1000;
constexpr int kAttempts = 5;
constexpr std::chrono::milliseconds kAskAgain{5};

// Each once; more than an entry holds is everything.
std::string packed(std::vector<UuidBytes> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::string bytes;
  if (ids.size() > kMostIds) return bytes;
  for (const auto& id : ids) bytes.append(id.begin(), id.end());
  return bytes;
}

}  // namespace

Announcer::Announcement Announcer::announce(db::Connection& connection, const db::Touched& touched) const {
  const auto now = boot_microseconds();
  const bool is_known_here = connection.epoch() == state_.alone_epoch.load();
  if (is_known_here && now < state_.alone_until_us.load()) return {now, 0};
  return write(connection, touched);
}

Announcer::Announcement Announcer::write(db::Connection& connection, const db::Touched& touched) const {
  const auto began = boot_microseconds();
  const auto self = state_.id();
  if (connection.execute(kInsert, self, touched.at_once, packed(touched.ids), self) == 0) return {began, 0};
  if (!touched.at_once) return {began, 0};
  auto rows = connection.query(kEntry);
  rows.next();
  return {began, rows.integer(0)};
}

// By itself, so that it is visible when the statement returns.
Announcer::Announcement Announcer::announce_again(db::Connection& connection,
                                                  const db::Touched& touched) const {
  try {
    for (int attempt = 1; attempt <= kAttempts; ++attempt) {
      const auto announced = write(connection, touched);
      if (boot_microseconds() - announced.began_us <= kBounds.announce) return announced;
    }
  } catch (const std::exception& e) {
    throw ApiError(ErrorCode::unavailable).detail(std::string{"other hosts could not be told: "} + e.what());
  }
  throw ApiError(ErrorCode::unavailable).detail("other hosts could not be told in time");
}

void Announcer::confirm(db::Connection& connection, const db::Touched& touched,
                        Announcement announced) const {
  if (boot_microseconds() - announced.began_us > kBounds.announce)
    announced = announce_again(connection, touched);
  if (bell_ != nullptr && metrics_.other_hosts.load(std::memory_order_relaxed) > 0) bell_->ring();
  if (announced.entry != 0) wait_for_others(connection, announced.entry);
}

// A connection that fails answers nobody: then all of the time is waited.
bool Announcer::all_acknowledged(db::Connection& connection, std::int64_t entry) const {
  if (connection.broken()) return false;
  try {
    auto rows = connection.query(kMissing, state_.id(), entry);
    return rows.next() && rows.integer(0) == 0;
  } catch (const std::exception&) {
    return false;
  }
}

// By the way: whoever cannot say it has waited all the same.
void Announcer::count_overdue(db::Connection& connection, std::int64_t entry) const {
  metrics_.host_waits_overdue.fetch_add(1);
  if (connection.broken()) return;
  try {
    connection.execute(kOverdue, state_.id(), entry);
  } catch (const std::exception&) {
    // Another reply says it.
  }
}

void Announcer::wait_for_others(db::Connection& connection, std::int64_t entry) const {
  const auto began = boot_microseconds();
  const auto until = began + kBounds.stale + kMarginUs;
  bool all = all_acknowledged(connection, entry);
  while (!all && boot_microseconds() < until) {
    std::this_thread::sleep_for(kAskAgain);
    all = all_acknowledged(connection, entry);
  }
  metrics_.host_waits.fetch_add(1);
  if (!all) count_overdue(connection, entry);
  metrics_.host_wait_sum_us.fetch_add(static_cast<std::uint64_t>(boot_microseconds() - began));
}

}  // namespace tenantd::hosts
