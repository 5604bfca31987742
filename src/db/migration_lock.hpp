// One migration at a time, on however many hosts, through whichever node of a cluster: a committed row says
// who has it and until when. (GET_LOCK holds on one node alone.)
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "tenantd/db/connection.hpp"

namespace tenantd::db {

// Makes the table of the row, if it is not there.
void make_migration_lock(Connection& db);

class MigrationLock {
 public:
  // How long the row counts without its holder's word, and how often that comes.
  static constexpr std::chrono::seconds kLease{10}, kBeat{2};

  // Waits for the row, at most `patience`; `waiting` is told who has it. Throws std::runtime_error when that
  // was in vain. `options` are the administrator's: a connection of its own says that the holder lives.
  MigrationLock(const ConnectOptions& options, std::chrono::seconds patience,
                const std::function<void(const std::string& owner)>& waiting);
  ~MigrationLock();
  MigrationLock(const MigrationLock&) = delete;
  MigrationLock& operator=(const MigrationLock&) = delete;

  // Throws std::runtime_error if the row may be somebody else's by now: to be asked before each statement.
  void check() const;

 private:
  bool take();
  std::string holder();
  void beat();
  void hold();

  Connection db_;
  const std::string owner_;
  std::atomic<std::int64_t> held_until_us_{0};  // monotonic
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ends_ = false;
  std::thread beats_;
};

}  // namespace tenantd::db
