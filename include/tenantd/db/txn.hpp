// The one way to talk to the database: a unit of work on one connection.
//
// Reads run by themselves. The first write, or the first locking read, starts the transaction; commit() ends
// it; a Txn that goes without commit() rolls back. Under READ COMMITTED a read before the transaction sees
// what it would see inside, so that a handler that only reads costs no BEGIN, and one that hashes a password
// first holds no locks meanwhile.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "tenantd/db/error.hpp"
#include "tenantd/db/pool.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::db {

// Users and organizations whose sessions mean something else after a commit.
struct Touched {
  std::vector<UuidBytes> ids;
  bool at_once = false;  // on every host, before anybody is told of the commit
};

// Told of them around the commit that changes them, in this order.
class ChangeListener {
 public:
  virtual ~ChangeListener() = default;
  // What was announced to other hosts: when that began (boot_microseconds()), and the entry of their log that
  // they acknowledge; 0 = nobody needs to.
  struct Announcement {
    std::int64_t began_us = 0;
    std::int64_t entry = 0;
  };
  // The transaction's last statement. What it throws undoes the whole.
  virtual Announcement announce(Connection&, const Touched&) { return {}; }
  virtual void before_commit(const std::vector<UuidBytes>& ids) = 0;
  // Also if the commit's outcome is unknown.
  virtual void after_commit(const std::vector<UuidBytes>& ids) = 0;
  // The transaction is over. Returns once what it changed counts on the other hosts, as far as it has to.
  // Throws ApiError(unavailable) if they could not be told.
  virtual void confirm(Connection&, const Touched&, const Announcement&) {}
};

class Txn;

// What a unit of work writes last, right before its commit: for a row that many want to lock, so that nobody
// waits for another lock while holding it.
class CommitLog {
 public:
  virtual ~CommitLog() = default;
  virtual std::size_t size() const = 0;
  // Forgets all entries but the first `size`.
  virtual void cut(std::size_t size) = 0;
  // Writes the entries inside `txn` and forgets them. What it throws undoes the whole.
  virtual void flush(Txn& txn) = 0;
};

class Txn {
 public:
  explicit Txn(Pool& pool, ChangeListener* listener = nullptr) : pool_(pool), listener_(listener) {}
  ~Txn();
  Txn(const Txn&) = delete;
  Txn& operator=(const Txn&) = delete;

  // From here on statements see the rows of `scope`; sent with the next statement.
  void enter(const ScopeKey& scope) { wanted_ = scope; }
  // Those of every organization.
  void enter(const SuperAdmin& admin) { enter(ScopeKey{std::nullopt, admin.user(), true}); }
  const ScopeKey& scope() const { return wanted_; }

  // A read.
  template <class... Args>
  Rows query(const Sql& sql, const Args&... args) {
    return ready().query(sql, args...);
  }
  // A read that locks what it finds (SELECT … FOR UPDATE): inside the transaction.
  template <class... Args>
  Rows lock(const Sql& sql, const Args&... args) {
    return begun().query(sql, args...);
  }
  // A procedure that answers with one row set, handed to `read`.
  template <class Read, class... Args>
  auto call(const Sql& sql, Read&& read, const Args&... args) {
    return ready().call(sql, std::forward<Read>(read), args...);
  }
  // The same of a routine that goes by its arguments alone, whatever scope the connection has: no round trip
  // to enter one.
  template <class Read, class... Args>
  auto call_unscoped(const Sql& sql, Read&& read, const Args&... args) {
    return unscoped().call(sql, std::forward<Read>(read), args...);
  }
  // The same as call(), inside the transaction: for one that locks what it reads.
  template <class Read, class... Args>
  auto call_locked(const Sql& sql, Read&& read, const Args&... args) {
    return begun().call(sql, std::forward<Read>(read), args...);
  }
  // A change, inside the transaction. Returns the count of rows matched.
  template <class... Args>
  std::int64_t execute(const Sql& sql, const Args&... args) {
    return begun().execute(sql, args...);
  }

  // The sessions of this user, or of this organization's members, mean something else after the commit: on
  // every host, before commit() returns.
  template <class Tag>
  void touch(const Id<Tag>& id) {
    touched_.ids.push_back(id.bytes());
    touched_.at_once = true;
  }
  // The same for what neither gives nor takes a right: another host may go by what was before for a moment.
  template <class Tag>
  void touch_lazily(const Id<Tag>& id) {
    touched_.ids.push_back(id.bytes());
  }
  // The log of this unit of work, empty at first. Whoever asks for it must ask for the same type.
  template <std::derived_from<CommitLog> Log>
  Log& log() {
    if (!log_) log_ = std::make_unique<Log>();
    return dynamic_cast<Log&>(*log_);
  }
  // Runs after the commit, not at all if there is none. Must not throw.
  void after_commit(std::function<void()> action) { actions_.push_back(std::move(action)); }

  // Makes what was written durable. A later write starts another transaction. Throws ApiError(unavailable)
  // when the connection was lost, and when other hosts could not be told: the outcome is then unknown to the
  // caller.
  void commit();
  // Runs `work(txn)` and makes it durable now, whatever becomes of the rest: in this unit of work if nothing
  // was written yet, else in one of its own.
  template <class Work>
  auto settle(Work&& work);
  // Runs `work()` as a part of the transaction that leaves nothing of itself behind if it throws: neither
  // rows nor touched ids nor actions nor entries of the log. The exception goes on; what was written before
  // stays. May be nested; `work` does not commit.
  template <class Work>
  auto savepoint(Work&& work);
  void rollback() noexcept;
  bool open() const { return open_; }
  const Pool& pool() const { return pool_; }

 private:
  Connection& unscoped();
  Connection& ready();
  Connection& begun();
  void set_scope(const Sql& sql);
  void commit_open();
  void give_up_commit();
  bool must_tell() const { return listener_ != nullptr && !touched_.ids.empty(); }
  Pool::Lease& lease();

  std::size_t logged() const { return log_ ? log_->size() : 0; }

  // Where a savepoint was set.
  struct Mark {
    std::size_t touched;
    bool at_once;
    std::size_t actions, logged;
  };
  Mark begin_savepoint();
  void undo_savepoint(const Mark& mark);

  Pool& pool_;
  ChangeListener* listener_;
  std::optional<Pool::Lease> lease_;
  ScopeKey wanted_;
  bool open_ = false;
  int savepoints_ = 0;  // that are running, each inside the one before
  Touched touched_;
  std::vector<std::function<void()>> actions_;
  std::unique_ptr<CommitLog> log_;
};

// Waits a little before attempt `n` (from 1) of a transaction that the server wants run again.
void back_off(int n);

inline constexpr int kTransactionAttempts = 8;
// No attempt begins later than this after the first one: whoever asked has stopped waiting soon after.
inline constexpr std::int64_t kTransactionPatienceUs = 10'000'000;

// What a failed attempt leads to: returns if another may be made, after a short wait, else throws
// ApiError(unavailable), or ApiError(contended) when a row stayed locked for LOCK_WAIT_SECONDS: who waited
// that long gives its place to others.
void judge_failure(const Pool& pool, const RetryableError& failure, int attempt, std::int64_t started_us);

// Runs `work(txn)` and commits; again from the start on RetryableError, a bounded number of times.
// Throws as judge_failure() does when that was in vain.
template <class Work>
auto run_transaction(Pool& pool, ChangeListener* listener, Work&& work) {
  const auto started = monotonic_microseconds();
  for (int attempt = 1;; ++attempt) {
    try {
      Txn txn{pool, listener};
      if constexpr (std::is_void_v<decltype(work(txn))>) {
        work(txn);
        txn.commit();
        return;
      } else {
        auto result = work(txn);
        txn.commit();
        return result;
      }
    } catch (const RetryableError& e) {
      judge_failure(pool, e, attempt, started);
    }
  }
}

template <class Work>
auto Txn::settle(Work&& work) {
  if (open_ || logged() > 0) return run_transaction(pool_, listener_, std::forward<Work>(work));
  auto result = work(*this);
  commit();
  return result;
}

template <class Work>
auto Txn::savepoint(Work&& work) {
  const Mark mark = begin_savepoint();
  struct Depth {
    int& depth;
    ~Depth() { --depth; }
  } depth{savepoints_};
  try {
    return work();
  } catch (const RetryableError&) {
    // The server has ended the transaction, and its savepoints, or the connection is gone.
    throw;
  } catch (...) {
    undo_savepoint(mark);
    throw;
  }
}

}  // namespace tenantd::db
