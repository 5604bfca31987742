// Savepoints inside of a unit of work, and conflicts with other transactions.
#include <criterion/criterion.h>

#include "db/txn_fixture.hpp"

using namespace tenantd::test::txns;
using namespace tenantd;
using test::require;
using test::require_equal;

Test(txn_savepoints, an_entry_of_the_log_goes_with_the_savepoint_or_rollback_that_made_it) {
  Database database;
  db::Pool pool{database.options(), 2};
  int ran = 0;
  Txn txn{pool};
  txn.execute(kInsert, 1);
  try {
    txn.savepoint([&] {
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

Test(txn_savepoints, a_savepoint_that_is_undone_leaves_nothing_of_itself_behind) {
  Database database;
  db::Pool pool{database.options(), 1};
  Recorder listener{database};
  std::string done;
  Txn txn{pool, &listener};
  txn.execute(kInsert, 1);
  txn.touch(crypto::new_id<UserId>());
  for (const int id : {2, 3}) {
    try {
      txn.savepoint([&] {
        txn.execute(kInsert, id);
        txn.touch(crypto::new_id<UserId>());
        txn.after_commit([&] { done += "lost "; });
        txn.execute(kInsert, 1);
      });
      require(false, "swallowed");
    } catch (const db::DuplicateKey&) {
    }
  }
  txn.savepoint([&] { txn.after_commit([&] { done += "kept "; }); });
  require_equal(txn.savepoint([&] { return txn.execute(kInsert, 4); }), 1);
  txn.commit();
  require_equal(database.number_of("SELECT SUM(id) FROM t"), 5);
  require_equal(listener.log, "before 1 id(s), 0 row(s); after 1 id(s), 2 row(s); ");
  require_equal(done, "kept ");
}

Test(txn_savepoints, savepoints_may_be_nested_and_undo_only_their_own) {
  Database database;
  db::Pool pool{database.options(), 1};
  Txn txn{pool};
  const auto refused = [&](int id) {
    try {
      txn.savepoint([&] {
        txn.execute(kInsert, id);
        throw ApiError(ErrorCode::conflict);
      });
    } catch (const ApiError&) {
    }
  };
  txn.savepoint([&] {
    txn.execute(kInsert, 1);
    refused(2);
    txn.execute(kInsert, 4);
  });
  refused(8);
  try {
    txn.savepoint([&] {
      txn.savepoint([&] { txn.execute(kInsert, 16); });
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
Test(txn_savepoints, a_savepoint_that_meets_a_deadlock_is_run_again_with_its_transaction) {
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
      txn.savepoint([&] { txn.execute(kIncrement, second); });
    });
  };
  {
    const std::jthread one{cross, 1, 2};
    const std::jthread two{cross, 2, 1};
  }
  require_equal(database.number_of("SELECT SUM(n) FROM t"), 4);
}

Test(txn_savepoints, two_transactions_in_a_deadlock_both_succeed_in_the_end) {
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

Test(txn_savepoints, a_conflict_without_end_is_given_up_as_unavailable) {
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

Test(txn_savepoints, an_undone_savepoint_takes_its_entries_out_of_the_log_and_no_other) {
  Database database;
  db::Pool pool{database.options(), 1};
  Txn txn{pool};
  std::string order;
  const auto note = [&](char name) { at_commit(txn, [&order, name](Txn&) { order += name; }); };
  note('a');
  note('b');
  try {
    txn.savepoint([&] {
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
