#include "tenantd/db/pool.hpp"

#include <algorithm>
#include <chrono>

#include "tenantd/base/time.hpp"
#include "tenantd/db/counters.hpp"
#include "tenantd/db/deadline.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::db {
namespace {

void count_wait(std::int64_t waited_us) {
  counters().pool_waits.fetch_add(1, std::memory_order_relaxed);
  counters().pool_wait_sum_us.fetch_add(static_cast<std::uint64_t>(waited_us), std::memory_order_relaxed);
}

}  // namespace

// Where processes share a board, one of them looks after the servers for all.
bool Pool::is_usable(Connection& connection) const {
  try {
    return options_.board != nullptr ? !connection.is_outdated() : !connection.is_to_be_replaced();
  } catch (const std::exception&) {
    return false;
  }
}

Pool::Lease Pool::acquire() {
  Deadline::check();
  const auto patience = std::min<std::chrono::microseconds>(std::chrono::seconds{options_.timeout_seconds},
                                                            std::chrono::microseconds{Deadline::left_us()});
  std::unique_lock lock{mutex_};
  const auto is_free = [this] { return !idle_.empty() || open_ < size_; };
  const bool waits = !is_free();
  const auto began = waits ? monotonic_microseconds() : 0;
  const bool free = freed_.wait_for(lock, patience, is_free);
  if (waits) count_wait(monotonic_microseconds() - began);
  if (!free) throw ApiError(ErrorCode::unavailable).detail("no database connection became free");
  while (!idle_.empty()) {
    Idle idle = std::move(idle_.back());
    idle_.pop_back();
    lock.unlock();
    if (is_usable(*idle.connection)) return Lease{*this, std::move(idle.connection), idle.scope};
    idle.connection.reset();
    lock.lock();
    --open_;
  }
  ++open_;
  lock.unlock();
  try {
    return Lease{*this, std::make_unique<Connection>(options_), ScopeKey{}};
  } catch (...) {
    lock.lock();
    --open_;
    freed_.notify_one();
    throw;
  }
}

void Pool::give_back(std::unique_ptr<Connection> connection, const ScopeKey& scope) {
  const std::scoped_lock lock{mutex_};
  if (connection->broken()) {
    --open_;
    // The others were opened to the same server: if it went away, they are dead as well.
    open_ -= idle_.size();
    idle_.clear();
  } else if (connection->is_outdated()) {
    --open_;
  } else {
    idle_.push_back({std::move(connection), scope});
  }
  freed_.notify_one();
}

}  // namespace tenantd::db
