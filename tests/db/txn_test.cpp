// Units of work against a real server.
#include <criterion/criterion.h>

#include "db/txn_fixture.hpp"
#include "tenantd/db/mixing_proxy.hpp"

using namespace tenantd::test::txns;
using namespace tenantd;
using test::require;
using test::require_equal;

Test(txn, a_read_runs_outside_a_transaction) {
  Database database;
  db::Pool pool{database.options(), 1};
  Txn txn{pool};
  require_equal(number(txn.query(kCount)), 0);
  require_equal(in_transaction(txn), 0);
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
    require_equal(in_transaction(txn), 1);
    require_equal(database.rows(), 0);
    txn.commit();
    require(!txn.open(), "ended");
    require_equal(in_transaction(txn), 0);
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
    require_equal(in_transaction(txn), 0);
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
  require_equal(in_transaction(txn), 1);
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
  database.side().run("DROP PROCEDURE begin_scope_on");
  database.side().run(
      "CREATE PROCEDURE begin_scope_on(IN p_connection BIGINT UNSIGNED, IN p_org BINARY(16), IN p_user "
      "BINARY(16), IN p_super BOOLEAN) BEGIN "
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

// As behind a proxy that gives one client's transactions to several connections of the server's.
Test(txn, a_scope_is_set_in_no_other_connection_than_the_one_that_was_opened) {
  Database database;
  db::Connection one{database.options()}, other{database.options()};
  for (const char* procedure : {"enter_scope_on", "begin_scope_on"}) {
    const db::Sql call{procedure, std::string_view{procedure}.starts_with("enter")
                                      ? "CALL enter_scope_on(?, ?, ?, ?)"
                                      : "CALL begin_scope_on(?, ?, ?, ?)"};
    const auto org = crypto::new_id<OrgId>();
    one.execute(call, one.id(), org, nullptr, false);
    bool refused = false;
    try {
      one.execute(call, other.id(), crypto::new_id<OrgId>(), nullptr, false);
    } catch (const db::MixingProxy&) {
      refused = true;
    }
    require(refused && one.broken() && one.is_outdated(), "it counts as mixed");
    auto rows = one.query(kScope);
    require(rows.next() && rows.text(0) == hex(org), "and nothing was set");
  }
}

Test(txn, behind_a_proxy_that_mixes_nobody_is_asked_again_for_a_while) {
  Database database;
  db::Pool pool{database.options(), 2};
  {
    auto lease = pool.acquire();
    static constexpr db::Sql kWrong{"scope.wrong", "CALL begin_scope_on(0, ?, NULL, FALSE)"};
    bool refused = false;
    try {
      lease->execute(kWrong, crypto::new_id<OrgId>());
    } catch (const db::MixingProxy&) {
      refused = true;
    }
    require(refused, "refused");
  }
  for (int i = 0; i < 3; ++i) {
    try {
      Txn{pool}.query(kCount);
      require(false, "it was asked");
    } catch (const db::MixingProxy& e) {
      require(e.code() == ErrorCode::unavailable && e.public_text().empty(), "not for the public");
      require(e.log_detail().find("DB_HOST") != std::string::npos, e.log_detail());
    }
  }
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
