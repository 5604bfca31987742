// Units of work against a real server.
#include <criterion/criterion.h>

#include <atomic>
#include <barrier>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/check.hpp"
#include "support/private_mariadb.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/domain/error.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

using db::Sql;
using db::Txn;

constexpr Sql kCount{"t.count", "SELECT COUNT(*) FROM t"};
constexpr Sql kInsert{"t.insert", "INSERT INTO t (id, n) VALUES (?, 0)"};
constexpr Sql kIncrement{"t.increment", "UPDATE t SET n = n + 1 WHERE id = ?"};
constexpr Sql kLock{"t.lock", "SELECT n FROM t WHERE id = ? FOR UPDATE"};
constexpr Sql kInTransaction{"in_transaction", "SELECT @@in_transaction"};
constexpr Sql kScope{"scope.read", "SELECT HEX(@tenantd_org), HEX(@tenantd_user), @tenantd_super"};

struct Database : test::PrivateMariadb {
  Database() { side().run("CREATE TABLE t (id INT NOT NULL PRIMARY KEY, n INT NOT NULL) ENGINE = InnoDB"); }
  std::int64_t rows() { return number_of("SELECT COUNT(*) FROM t"); }
};

// Runs what was put in, in that order.
class ActionLog final : public db::CommitLog {
 public:
  using Action = std::function<void(Txn&)>;
  void add(Action action) { actions_.push_back(std::move(action)); }
  std::size_t size() const override { return actions_.size(); }
  void cut(std::size_t size) override { actions_.resize(size); }
  void flush(Txn& txn) override {
    for (const auto& action : std::exchange(actions_, {})) action(txn);
  }

 private:
  std::vector<Action> actions_;
};

void at_commit(Txn& txn, ActionLog::Action action) { txn.log<ActionLog>().add(std::move(action)); }

std::int64_t number(db::Rows rows) {
  require(rows.next(), "a row");
  return rows.integer(0);
}

std::string scope_of(Txn& txn) {
  auto rows = txn.query(kScope);
  require(rows.next(), "a row");
  return rows.maybe_text(0).value_or("-") + ' ' + rows.maybe_text(1).value_or("-") + ' ' +
         rows.maybe_text(2).value_or("-");
}

template <class AnyId>
std::string hex(const AnyId& id) {
  std::string out;
  for (const char c : id.str())
    if (c != '-') out += static_cast<char>(c >= 'a' ? c - 'a' + 'A' : c);
  return out;
}

// What a listener is told, and how many rows others see at that moment.
struct Recorder : db::ChangeListener {
  explicit Recorder(Database& database) : database_(database) {}
  void before_commit(const std::vector<UuidBytes>& ids) override { note("before", ids); }
  void after_commit(const std::vector<UuidBytes>& ids) override { note("after", ids); }
  void note(const std::string& when, const std::vector<UuidBytes>& ids) {
    log +=
        when + ' ' + std::to_string(ids.size()) + " id(s), " + std::to_string(database_.rows()) + " row(s); ";
  }
  std::string log;
  Database& database_;
};

}  // namespace

Test(txn, a_read_runs_outside_a_transaction) {
  Database database;
  db::Pool pool{database.options(), 1};
  Txn txn{pool};
  require_equal(number(txn.query(kCount)), 0);
  require_equal(number(txn.query(kInTransaction)), 0);
  require(!txn.open(), "not open");
  database.side().run("INSERT INTO t VALUES (1, 0)");
  require_equal(number(txn.query(kCount)), 1);
}

Test(txn, the_first_write_or_locking_read_opens_the_transaction) {
  Database database;
  db::Pool pool{database.options(), 1};
  {
    Txn txn{pool};
    require_equal(txn.execute(kInsert, 1), 1);
    require(txn.open(), "by a write");
    require_equal(number(txn.query(kInTransaction)), 1);
    require_equal(database.rows(), 0);
    txn.commit();
    require(!txn.open(), "ended");
    require_equal(number(txn.query(kInTransaction)), 0);
  }
  Txn txn{pool};
  txn.lock(kLock, 1);
  require(txn.open(), "by a locking read");
}

Test(txn, what_is_not_committed_is_rolled_back) {
  Database database;
  db::Pool pool{database.options(), 1};
  {
    Txn txn{pool};
    txn.execute(kInsert, 1);
  }
  require_equal(database.rows(), 0);
  {
    Txn txn{pool};
    require_equal(number(txn.query(kInTransaction)), 0);
    txn.execute(kInsert, 2);
    txn.rollback();
    require(!txn.open(), "ended");
    txn.execute(kInsert, 3);
    txn.commit();
  }
  require_equal(database.number_of("SELECT SUM(id) FROM t"), 3);
}

Test(txn, an_exception_leaves_nothing_behind) {
  Database database;
  db::Pool pool{database.options(), 1};
  try {
    db::run_transaction(pool, nullptr, [](Txn& txn) {
      txn.execute(kInsert, 1);
      throw ApiError(ErrorCode::conflict);
    });
    require(false, "swallowed");
  } catch (const ApiError& e) {
    require(e.code() == ErrorCode::conflict, "as thrown");
  }
  require_equal(database.rows(), 0);
}

Test(txn, a_listener_is_told_around_the_commit) {
  Database database;
  db::Pool pool{database.options(), 1};
  Recorder listener{database};
  Txn txn{pool, &listener};
  txn.execute(kInsert, 1);
  txn.touch(crypto::new_id<UserId>());
  txn.touch(crypto::new_id<OrgId>());
  txn.commit();
  require_equal(listener.log, "before 2 id(s), 0 row(s); after 2 id(s), 1 row(s); ");
  listener.log.clear();
  txn.execute(kInsert, 2);
  txn.commit();
  require_equal(listener.log, "");
}

Test(txn, a_listener_hears_nothing_of_a_rollback) {
  Database database;
  db::Pool pool{database.options(), 1};
  Recorder listener{database};
  {
    Txn txn{pool, &listener};
    txn.execute(kInsert, 1);
    txn.touch(crypto::new_id<UserId>());
    txn.rollback();
    txn.execute(kInsert, 1);
    txn.commit();
    txn.execute(kInsert, 2);
    txn.touch(crypto::new_id<UserId>());
  }
  require_equal(listener.log, "");
}

Test(txn, actions_run_once_after_the_commit_in_order_and_not_without_one) {
  Database database;
  db::Pool pool{database.options(), 1};
  std::string done;
  const auto act = [&](const std::string& what) {
    return [&, what] { done += what + std::to_string(database.rows()) + ' '; };
  };
  {
    Txn txn{pool};
    txn.execute(kInsert, 1);
    txn.after_commit(act("a"));
    txn.after_commit(act("b"));
    txn.commit();
    txn.commit();
    txn.execute(kInsert, 2);
    txn.after_commit(act("lost"));
    txn.rollback();
    txn.after_commit(act("lost"));
  }
  require_equal(done, "a1 b1 ");
}

Test(txn, the_log_is_flushed_last_inside_the_transaction) {
  Database database;
  db::Pool pool{database.options(), 1};
  std::string done;
  Txn txn{pool};
  at_commit(txn, [&](Txn& last) {
    done += "first, " + std::to_string(number(last.query(kCount))) + " row(s); ";
    last.execute(kInsert, 2);
  });
  at_commit(
      txn, [&](Txn& last) { done += "second, " + std::to_string(number(last.query(kCount))) + " row(s); "; });
  txn.execute(kInsert, 1);
  require_equal(done, "");
  txn.commit();
  require_equal(done, "first, 1 row(s); second, 2 row(s); ");
  require_equal(database.rows(), 2);
  txn.commit();
  require_equal(done, "first, 1 row(s); second, 2 row(s); ");
}

Test(txn, what_fails_at_the_commit_undoes_the_whole) {
  Database database;
  db::Pool pool{database.options(), 1};
  bool told = false;
  try {
    Txn txn{pool};
    txn.execute(kInsert, 1);
    txn.after_commit([&] { told = true; });
    at_commit(txn, [](Txn& last) { last.execute(kInsert, 1); });
    txn.commit();
    require(false, "committed");
  } catch (const db::DuplicateKey&) {
  }
  require(!told, "told of a commit that was none");
  require_equal(database.rows(), 0);
}

Test(txn, an_entry_of_the_log_goes_with_the_attempt_or_rollback_that_made_it) {
  Database database;
  db::Pool pool{database.options(), 2};
  int ran = 0;
  Txn txn{pool};
  txn.execute(kInsert, 1);
  try {
    txn.attempt([&] {
      at_commit(txn, [&](Txn&) { ran += 100; });
      txn.execute(kInsert, 1);
    });
  } catch (const db::DuplicateKey&) {
  }
  at_commit(txn, [&](Txn&) { ++ran; });
  txn.commit();
  require_equal(ran, 1);
  at_commit(txn, [&](Txn&) { ran += 100; });
  txn.rollback();
  txn.commit();
  require_equal(ran, 1);
  // What is settled meanwhile is a unit of work of its own, and takes nothing along.
  at_commit(txn, [&](Txn&) { ++ran; });
  txn.settle([&](Txn& own) { return own.execute(kInsert, 5); });
  require_equal(ran, 1);
  txn.commit();
  require_equal(ran, 2);
}

Test(txn, an_attempt_that_throws_leaves_nothing_of_itself_behind) {
  Database database;
  db::Pool pool{database.options(), 1};
  Recorder listener{database};
  std::string done;
  Txn txn{pool, &listener};
  txn.execute(kInsert, 1);
  txn.touch(crypto::new_id<UserId>());
  for (const int id : {2, 3}) {
    try {
      txn.attempt([&] {
        txn.execute(kInsert, id);
        txn.touch(crypto::new_id<UserId>());
        txn.after_commit([&] { done += "lost "; });
        txn.execute(kInsert, 1);
      });
      require(false, "swallowed");
    } catch (const db::DuplicateKey&) {
    }
  }
  txn.attempt([&] { txn.after_commit([&] { done += "kept "; }); });
  require_equal(txn.attempt([&] { return txn.execute(kInsert, 4); }), 1);
  txn.commit();
  require_equal(database.number_of("SELECT SUM(id) FROM t"), 5);
  require_equal(listener.log, "before 1 id(s), 0 row(s); after 1 id(s), 2 row(s); ");
  require_equal(done, "kept ");
}

Test(txn, attempts_may_be_nested_and_undo_only_their_own) {
  Database database;
  db::Pool pool{database.options(), 1};
  Txn txn{pool};
  const auto refused = [&](int id) {
    try {
      txn.attempt([&] {
        txn.execute(kInsert, id);
        throw ApiError(ErrorCode::conflict);
      });
    } catch (const ApiError&) {
    }
  };
  txn.attempt([&] {
    txn.execute(kInsert, 1);
    refused(2);
    txn.execute(kInsert, 4);
  });
  refused(8);
  try {
    txn.attempt([&] {
      txn.attempt([&] { txn.execute(kInsert, 16); });
      refused(32);
      throw ApiError(ErrorCode::conflict);
    });
  } catch (const ApiError&) {
  }
  txn.execute(kInsert, 64);
  txn.commit();
  require_equal(database.number_of("SELECT SUM(id) FROM t"), 69);
}

// The server has rolled all of it back: there is no savepoint to return to, and the whole is run again.
Test(txn, an_attempt_that_meets_a_deadlock_is_run_again_with_its_transaction) {
  Database database;
  database.side().run("INSERT INTO t VALUES (1, 0), (2, 0)");
  db::Pool pool{database.options(), 2};
  std::barrier both{2};
  const auto cross = [&](int first, int second) {
    bool met = false;
    db::run_transaction(pool, nullptr, [&](Txn& txn) {
      txn.execute(kIncrement, first);
      if (!met) both.arrive_and_wait();
      met = true;
      txn.attempt([&] { txn.execute(kIncrement, second); });
    });
  };
  {
    const std::jthread one{cross, 1, 2};
    const std::jthread two{cross, 2, 1};
  }
  require_equal(database.number_of("SELECT SUM(n) FROM t"), 4);
}

Test(txn, a_scope_is_set_by_the_next_statement_and_can_be_changed) {
  Database database;
  db::Pool pool{database.options(), 1};
  const auto org = crypto::new_id<OrgId>();
  const auto user = crypto::new_id<UserId>();
  Txn txn{pool};
  require_equal(scope_of(txn), "- - -");
  txn.enter({org, user, false});
  require_equal(scope_of(txn), hex(org) + ' ' + hex(user) + " 0");
  txn.enter({std::nullopt, user, true});
  require_equal(scope_of(txn), "- " + hex(user) + " 1");
  txn.execute(kInsert, 1);
  txn.enter({org, std::nullopt, false});
  require_equal(scope_of(txn), hex(org) + " - 0");
  require_equal(number(txn.query(kInTransaction)), 1);
  txn.commit();
  require_equal(database.rows(), 1);
}

Test(txn, a_scope_does_not_outlive_its_unit_of_work) {
  Database database;
  db::Pool pool{database.options(), 1};
  for (const bool writes : {false, true}) {
    {
      Txn txn{pool};
      txn.enter({crypto::new_id<OrgId>(), crypto::new_id<UserId>(), true});
      if (writes) txn.execute(kInsert, 1);
      require(scope_of(txn) != "- - 0", "set");
    }
    Txn txn{pool};
    require_equal(scope_of(txn), "- - 0");
  }
}

// The session's variables may have been set although the call failed.
Test(txn, a_scope_that_could_not_be_entered_is_never_taken_for_another) {
  Database database;
  db::Pool pool{database.options(), 1};
  const auto before = crypto::new_id<OrgId>();
  {
    Txn txn{pool};
    txn.enter({before, std::nullopt, false});
    require_equal(scope_of(txn), hex(before) + " - 0");
  }
  database.side().run(
      "CREATE OR REPLACE PROCEDURE begin_scope(IN p_org BINARY(16), IN p_user BINARY(16), IN p_super "
      "BOOLEAN) BEGIN "
      "SET @tenantd_org = p_org, @tenantd_user = p_user, @tenantd_super = p_super; SIGNAL SQLSTATE '45000'; "
      "END");
  try {
    Txn txn{pool};
    txn.enter({crypto::new_id<OrgId>(), std::nullopt, false});
    txn.execute(kInsert, 1);
    require(false, "begun");
  } catch (const db::StatementError&) {
  }
  Txn txn{pool};
  txn.enter({before, std::nullopt, false});
  require_equal(scope_of(txn), hex(before) + " - 0");
}

Test(txn, two_transactions_in_a_deadlock_both_succeed_in_the_end) {
  Database database;
  database.side().run("INSERT INTO t VALUES (1, 0), (2, 0)");
  db::Pool pool{database.options(), 2};
  std::barrier both{2};
  std::atomic<int> attempts{0};
  const auto cross = [&](int first, int second) {
    bool met = false;
    db::run_transaction(pool, nullptr, [&](Txn& txn) {
      ++attempts;
      txn.execute(kIncrement, first);
      if (!met) both.arrive_and_wait();
      met = true;
      txn.execute(kIncrement, second);
    });
  };
  {
    const std::jthread one{cross, 1, 2};
    const std::jthread two{cross, 2, 1};
  }
  require_equal(database.number_of("SELECT SUM(n) FROM t"), 4);
  require_equal(database.number_of("SELECT n FROM t WHERE id = 1"), 2);
  require(attempts.load() > 2, "one was run again");
}

Test(txn, a_conflict_without_end_is_given_up_as_unavailable) {
  Database database;
  db::Pool pool{database.options(), 1};
  int attempts = 0;
  try {
    db::run_transaction(pool, nullptr, [&](Txn& txn) {
      ++attempts;
      txn.execute(kInsert, attempts);
      throw db::RetryableError("always");
    });
    require(false, "succeeded");
  } catch (const ApiError& e) {
    require(e.code() == ErrorCode::unavailable, e.what());
  }
  require_equal(attempts, db::kTransactionAttempts);
  require_equal(database.rows(), 0);
}

// --- what runs last
// ----------------------------------------------------------------------------------------------------

Test(txn, an_undone_attempt_takes_its_entries_out_of_the_log_and_no_other) {
  Database database;
  db::Pool pool{database.options(), 1};
  Txn txn{pool};
  std::string order;
  const auto note = [&](char name) { at_commit(txn, [&order, name](Txn&) { order += name; }); };
  note('a');
  note('b');
  try {
    txn.attempt([&] {
      note('x');
      throw std::runtime_error("undone");
    });
  } catch (const std::runtime_error&) {
    note('c');
  }
  require_equal(order, "");
  txn.commit();
  require_equal(order, "abc");
  order.clear();
  note('y');
  txn.rollback();
  txn.commit();
  require_equal(order, "", "after a rollback");
}

Test(txn, an_entry_of_the_log_that_throws_undoes_the_whole) {
  Database database;
  db::Pool pool{database.options(), 1};
  {
    Txn txn{pool};
    txn.execute(kInsert, 1);
    at_commit(txn, [](Txn& last) {
      last.execute(kInsert, 2);
      throw std::runtime_error("no");
    });
    bool thrown = false;
    try {
      txn.commit();
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    require(thrown, "it was thrown");
  }
  require_equal(database.rows(), 0);
}
