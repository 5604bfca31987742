#include "tenantd/db/txn.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "tenantd/db/deadline.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::db {
namespace {

constexpr Sql kEnter{"scope.enter", "CALL enter_scope_on(?, ?, ?, ?)"};
constexpr Sql kBegin{"scope.begin", "CALL begin_scope_on(?, ?, ?, ?)"};

std::string savepoint_name(int depth) { return "savepoint_" + std::to_string(depth); }

}  // namespace

Txn::~Txn() { rollback(); }

Pool::Lease& Txn::lease() {
  if (!lease_) lease_.emplace(pool_.acquire());
  return *lease_;
}

// Sets the session's variables by `sql`. A connection on which that failed shows nobody knows whose rows: it
// goes.
void Txn::set_scope(const Sql& sql) {
  auto& held = lease();
  try {
    held->execute(sql, held->id(), wanted_.org, wanted_.user, wanted_.super);
  } catch (...) {
    held->mark_broken();
    throw;
  }
  held.scope() = wanted_;
}

Connection& Txn::unscoped() {
  Deadline::check();
  return *lease();
}

Connection& Txn::ready() {
  Deadline::check();
  if (lease().scope() != wanted_) set_scope(kEnter);
  return *lease();
}

Connection& Txn::begun() {
  if (open_) return ready();
  Deadline::check();
  const ScopeKey nothing;
  if (wanted_ == nothing && lease().scope() == nothing) {
    // Without a scope there is nothing to set: the sweeper's way, whose account knows no scopes.
    lease()->run("START TRANSACTION");
  } else {
    set_scope(kBegin);
  }
  open_ = true;
  return *lease();
}

void Txn::commit() {
  if (logged() > 0) log_->flush(*this);
  const bool tells = open_ && must_tell();
  ChangeListener::Announcement announced;
  if (tells) announced = listener_->announce(**lease_, touched_);
  if (open_) commit_open();
  const auto touched = std::exchange(touched_, {});
  const auto actions = std::exchange(actions_, {});
  for (const auto& action : actions) action();
  if (tells) listener_->confirm(**lease_, touched, announced);
}

void Txn::commit_open() {
  if (must_tell()) listener_->before_commit(touched_.ids);
  open_ = false;
  try {
    (*lease_)->run("COMMIT");
  } catch (const ConnectionLost& e) {
    give_up_commit();
    throw ApiError(ErrorCode::unavailable).detail(e.what());
  } catch (...) {
    give_up_commit();
    throw;
  }
  if (must_tell()) listener_->after_commit(touched_.ids);
}

// The outcome is unknown: what depends on it counts as changed, and the connection is not used again.
void Txn::give_up_commit() {
  (*lease_)->mark_broken();
  if (must_tell()) listener_->after_commit(touched_.ids);
}

// A savepoint is never released: the next one of its name takes its place, and the commit ends the last.
Txn::Mark Txn::begin_savepoint() {
  begun().run("SAVEPOINT " + savepoint_name(savepoints_ + 1));
  ++savepoints_;
  return {touched_.ids.size(), touched_.at_once, actions_.size(), logged()};
}

void Txn::undo_savepoint(const Mark& mark) {
  try {
    (*lease_)->run("ROLLBACK TO SAVEPOINT " + savepoint_name(savepoints_));
  } catch (...) {
    (*lease_)->mark_broken();
    throw;
  }
  touched_.ids.resize(mark.touched);
  touched_.at_once = mark.at_once;
  actions_.resize(mark.actions);
  if (log_) log_->cut(mark.logged);
}

void Txn::rollback() noexcept {
  touched_ = {};
  actions_.clear();
  if (log_) log_->cut(0);
  if (!open_) return;
  open_ = false;
  try {
    (*lease_)->run("ROLLBACK");
  } catch (...) {
    (*lease_)->mark_broken();
  }
}

void judge_failure(const Pool& pool, const RetryableError& failure, int attempt, std::int64_t started_us) {
  const bool waited = dynamic_cast<const LockTimeout*>(&failure) != nullptr;
  if (waited && pool.options().lock_wait_seconds > 0)
    throw ApiError(ErrorCode::contended).header("Retry-After", "1").detail(failure.what());
  const bool patient =
      monotonic_microseconds() - started_us < kTransactionPatienceUs && Deadline::left_us() > 0;
  if (attempt == kTransactionAttempts || !patient)
    throw ApiError(ErrorCode::unavailable).detail(failure.what());
  back_off(attempt);
}

void back_off(int n) {
  thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_int_distribution<int> spread{1, 1 << std::min(n, 6)};
  std::this_thread::sleep_for(std::chrono::milliseconds{spread(random)});
}

}  // namespace tenantd::db
