#include "migration_lock.hpp"

#include <unistd.h>

#include <array>
#include <random>
#include <stdexcept>

#include "tenantd/base/time.hpp"
#include "tenantd/db/error.hpp"

namespace tenantd::db {
namespace {

constexpr const char* kTable =
    "CREATE TABLE IF NOT EXISTS tenantd.migration_lock (id INT NOT NULL PRIMARY KEY, owner VARCHAR(200) NOT "
    "NULL, until_at BIGINT NOT NULL) ENGINE = InnoDB";
constexpr const char* kRow =
    "INSERT IGNORE INTO tenantd.migration_lock (id, owner, until_at) VALUES (1, '', 0)";
constexpr Sql kTake{
    "migration_lock.take",
    "UPDATE tenantd.migration_lock SET owner = ?, until_at = UNIX_TIMESTAMP() + ? WHERE id = 1 "
    "AND (owner = '' OR until_at < UNIX_TIMESTAMP())"};
constexpr Sql kBeatOn{
    "migration_lock.beat",
    "UPDATE tenantd.migration_lock SET until_at = UNIX_TIMESTAMP() + ? WHERE id = 1 AND owner "
    "= ?"};
constexpr Sql kLeave{"migration_lock.leave",
                     "UPDATE tenantd.migration_lock SET owner = '', until_at = 0 WHERE id = 1 AND owner = ?"};
constexpr Sql kHolder{"migration_lock.holder", "SELECT owner FROM tenantd.migration_lock WHERE id = 1"};
constexpr auto kLook = std::chrono::milliseconds{200};

// "db-host.example.com, process 4711 (5f3c…)": the last part tells two of one number apart.
std::string this_process() {
  std::array<char, 128> host{};
  ::gethostname(host.data(), host.size() - 1);
  return std::string{host.data()} + ", process " + std::to_string(::getpid()) + " (" +
         std::to_string(std::random_device{}()) + ')';
}

std::int64_t microseconds(std::chrono::seconds time) { return std::chrono::microseconds{time}.count(); }

}  // namespace

void make_migration_lock(Connection& db) {
  auto rows = db.run_query(
      "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'tenantd' AND table_name = "
      "'migration_lock'");
  rows.next();
  if (rows.integer(0) == 0) db.run(kTable);
  db.run(kRow);
}

MigrationLock::MigrationLock(const ConnectOptions& options, std::chrono::seconds patience,
                             const std::function<void(const std::string& owner)>& waiting)
    : db_(options), owner_(this_process()) {
  const auto end = monotonic_microseconds() + microseconds(patience);
  std::string told;
  while (!take()) {
    const auto by = holder();
    if (monotonic_microseconds() > end)
      throw std::runtime_error("another migration has been running for " + std::to_string(patience.count()) +
                               " seconds (" + by + "); try again when it is done");
    if (!by.empty() && by != told) waiting(told = by);
    std::this_thread::sleep_for(kLook);
  }
  beats_ = std::thread{[this] { hold(); }};
}

MigrationLock::~MigrationLock() {
  {
    const std::scoped_lock lock{mutex_};
    ends_ = true;
  }
  wake_.notify_one();
  beats_.join();
  try {
    db_.execute(kLeave, owner_);
  } catch (const std::exception&) {
    // Then it runs out by itself.
  }
}

void MigrationLock::check() const {
  if (monotonic_microseconds() > held_until_us_)
    throw std::runtime_error("the migration's lock was lost: the database has not answered for " +
                             std::to_string(kLease.count()) + " seconds; run it again");
}

// Of several that take it at once, through whichever nodes, one commits; the others are told to try again.
bool MigrationLock::take() {
  const auto asked_us = monotonic_microseconds();
  try {
    if (db_.execute(kTake, owner_, kLease.count()) != 1) return false;
  } catch (const ConnectionLost&) {
    throw;
  } catch (const RetryableError&) {
    return false;
  }
  held_until_us_ = asked_us + microseconds(kLease);
  return true;
}

std::string MigrationLock::holder() {
  auto rows = db_.query(kHolder);
  return rows.next() ? rows.text(0) : "";
}

void MigrationLock::beat() {
  const auto asked_us = monotonic_microseconds();
  try {
    if (db_.execute(kBeatOn, kLease.count(), owner_) == 1) {
      held_until_us_ = asked_us + microseconds(kLease);
    } else {
      held_until_us_ = 0;
    }
  } catch (const std::exception&) {
    // check() says so once the lease is over.
  }
}

void MigrationLock::hold() {
  std::unique_lock lock{mutex_};
  while (!wake_.wait_for(lock, kBeat, [this] { return ends_; })) beat();
}

}  // namespace tenantd::db
