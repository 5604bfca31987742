// Connections: lent, lost, limited; and what their statements answer.
#include <criterion/criterion.h>

#include <set>
#include <string>

#include "support/check.hpp"
#include "support/private_mariadb.hpp"
#include "support/processes.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/domain/error.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

using db::Sql;
using db::Txn;

constexpr Sql kMyId{"connection_id", "SELECT CONNECTION_ID()"};
constexpr Sql kInsert{"t.insert", "INSERT INTO t (id, n) VALUES (?, ?)"};
constexpr Sql kUpdate{"t.update", "UPDATE t SET n = ? WHERE id = ?"};

struct Database : test::PrivateMariadb {
  Database() {
    side().run(
        "CREATE TABLE t (id INT NOT NULL PRIMARY KEY, n INT NULL, UNIQUE KEY only_once (n)) ENGINE = InnoDB");
  }
  std::int64_t rows() { return number_of("SELECT COUNT(*) FROM t"); }
  void kill(std::int64_t connection) { side().run("KILL CONNECTION " + std::to_string(connection)); }
};

std::int64_t number(db::Rows rows) {
  require(rows.next(), "a row");
  return rows.integer(0);
}

template <class Work>
void expect_unavailable(Work work) {
  try {
    work();
  } catch (const ApiError& e) {
    require(e.code() == ErrorCode::unavailable && e.public_text().empty() && !e.log_detail().empty(),
            e.what());
    return;
  }
  require(false, "it succeeded");
}

template <class Work>
void expect_lost(Work work) {
  try {
    work();
  } catch (const db::ConnectionLost&) {
    return;
  }
  require(false, "it succeeded");
}

struct Counter : db::ChangeListener {
  void before_commit(const std::vector<UuidBytes>&) override { ++before; }
  void after_commit(const std::vector<UuidBytes>&) override { ++after; }
  int before = 0;
  int after = 0;
};

}  // namespace

Test(pool, a_connection_is_used_again) {
  Database database;
  db::Pool pool{database.options(), 4};
  std::set<std::int64_t> seen;
  for (int i = 0; i < 5; ++i) {
    Txn txn{pool};
    seen.insert(number(txn.query(kMyId)));
  }
  require_equal(seen.size(), 1U);
}

Test(pool, a_unit_of_work_that_asks_nothing_borrows_nothing) {
  Database database;
  db::Pool pool{database.options(1), 1};
  const auto lease = pool.acquire();
  Txn txn{pool};
  txn.enter({crypto::new_id<OrgId>(), std::nullopt, false});
  txn.commit();
}

Test(pool, whoever_finds_none_free_is_told_that_the_service_cannot_answer_now) {
  Database database;
  db::Pool pool{database.options(1), 1};
  {
    const auto lease = pool.acquire();
    expect_unavailable([&] { pool.acquire(); });
  }
  require(!pool.acquire()->broken(), "free again");
}

Test(pool, a_server_that_is_not_there_takes_no_place_in_the_pool) {
  db::ConnectOptions options;
  options.socket = "/nonexistent/db.sock";
  options.user = "nobody";
  options.timeout_seconds = 1;
  db::Pool pool{options, 1};
  for (int i = 0; i < 3; ++i) expect_unavailable([&] { pool.acquire(); });
}

Test(pool, a_connection_killed_in_a_transaction_takes_that_along_and_the_next_one_works) {
  Database database;
  db::Pool pool{database.options(), 1};
  {
    Txn txn{pool};
    txn.execute(kInsert, 1, 1);
    database.kill(number(txn.query(kMyId)));
    expect_lost([&] { txn.execute(kInsert, 2, 2); });
  }
  Txn txn{pool};
  txn.execute(kInsert, 3, 3);
  txn.commit();
  require_equal(database.number_of("SELECT SUM(id) FROM t"), 3);
}

Test(pool, a_transaction_whose_connection_was_killed_is_run_again_on_another) {
  Database database;
  db::Pool pool{database.options(), 1};
  std::set<std::int64_t> connections;
  db::run_transaction(pool, nullptr, [&](Txn& txn) {
    txn.execute(kInsert, 1, 1);
    const auto id = number(txn.query(kMyId));
    connections.insert(id);
    if (connections.size() == 1) database.kill(id);
    txn.execute(kInsert, 2, 2);
  });
  require_equal(connections.size(), 2U);
  require_equal(database.rows(), 2);
}

Test(pool, a_connection_killed_while_idle_costs_one_failure) {
  Database database;
  db::Pool pool{database.options(), 2};
  {
    auto one = pool.acquire();
    auto two = pool.acquire();
    database.kill(number(one->query(kMyId)));
    database.kill(number(two->query(kMyId)));
  }
  expect_lost([&] { Txn{pool}.query(kMyId); });
  for (int i = 0; i < 3; ++i) {
    Txn txn{pool};
    txn.query(kMyId);
  }
}

Test(pool, a_commit_on_a_dead_connection_is_never_taken_for_done) {
  Database database;
  db::Pool pool{database.options(), 1};
  Counter listener;
  bool acted = false;
  {
    Txn txn{pool, &listener};
    txn.execute(kInsert, 1, 1);
    txn.touch(crypto::new_id<UserId>());
    txn.after_commit([&] { acted = true; });
    database.kill(number(txn.query(kMyId)));
    expect_unavailable([&] { txn.commit(); });
  }
  require_equal(database.rows(), 0);
  require(!acted, "no action");
  // The outcome is unknown, so that the listener counts it as changed.
  require(listener.before == 1 && listener.after == 1, "told");
  Txn txn{pool};
  require_equal(number(txn.query(kMyId)) > 0, true);
}

Test(pool, a_statement_that_takes_too_long_is_ended_by_the_server) {
  Database database;
  db::Pool pool{database.options(1), 1};
  static constexpr Sql kLong{
      "long",
      "SELECT COUNT(*) FROM information_schema.collations a, information_schema.collations b, "
      "information_schema.collations c, information_schema.collations d"};
  expect_unavailable([&] { Txn{pool}.query(kLong); });
  require(!pool.acquire()->broken(), "the connection is as good as before");
}

// MySQL's own limit binds SELECT alone: there the client ends what it no longer waits for.
Test(pool, a_change_that_takes_too_long_is_ended_in_the_server) {
  Database database;
  database.side().run("INSERT INTO t VALUES (1, 1)");
  db::Pool pool{database.options(1), 1};
  static constexpr Sql kSlow{"slow", "UPDATE t SET n = n + SLEEP(60) WHERE id = ?"};
  try {
    Txn txn{pool};
    txn.execute(kSlow, 1);
    require(false, "it was waited for");
  } catch (const db::ConnectionLost&) {
  } catch (const ApiError& e) {
    require(e.code() == ErrorCode::unavailable, e.what());
  }
  test::wait_until("it is ended", [&] {
    return database.number_of(
               "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'UPDATE t SET n = n + "
               "SLEEP%'") == 0;
  });
  database.side().run("UPDATE t SET n = 7 WHERE id = 1");
}

Test(pool, waiting_for_a_lock_ends_as_a_conflict_that_can_be_retried) {
  Database database;
  database.side().run("INSERT INTO t VALUES (1, 1)");
  db::Pool pool{database.options(1), 1};
  database.side().run("START TRANSACTION");
  database.side().run("UPDATE t SET n = 2 WHERE id = 1");
  try {
    Txn txn{pool};
    txn.execute(kUpdate, 3, 1);
    require(false, "it did not wait");
  } catch (const db::RetryableError&) {
  } catch (const ApiError& e) {
    // The time limit of the statement may come first.
    require(e.code() == ErrorCode::unavailable, e.what());
  }
  database.side().run("ROLLBACK");
}

Test(connection, sessions_are_strict_and_read_committed) {
  Database database;
  db::Connection connection{database.options()};
  auto rows = connection.run_query(
      connection.engine() == db::Engine::mysql
          ? "SELECT @@transaction_isolation, @@sql_mode, @@character_set_client, "
            "@@max_execution_time DIV 1000"
          : "SELECT @@tx_isolation, @@sql_mode, @@character_set_client, @@max_statement_time");
  require(rows.next(), "a row");
  require_equal(rows.text(0), "READ-COMMITTED");
  require(rows.text(1).find("STRICT_ALL_TABLES") != std::string::npos, rows.text(1));
  require_equal(rows.text(2), "utf8mb4");
  // The client waits for 10: the server's own word arrives first.
  require_equal(rows.integer(3), 9);
}

Test(connection, a_change_counts_the_rows_it_matched) {
  Database database;
  db::Connection connection{database.options()};
  require_equal(connection.execute(kInsert, 1, 5), 1);
  require_equal(connection.execute(kUpdate, 5, 1), 1);
  require_equal(connection.execute(kUpdate, 5, 9), 0);
}

Test(connection, violated_keys_come_as_their_own_kinds) {
  Database database;
  database.side().run(
      "CREATE TABLE child (id INT NOT NULL PRIMARY KEY, CONSTRAINT of_t FOREIGN KEY (id) REFERENCES t (id))");
  db::Connection connection{database.options()};
  connection.execute(kInsert, 1, 1);
  try {
    connection.execute(kInsert, 2, 1);
    require(false, "twice");
  } catch (const db::DuplicateKey& e) {
    require_equal(e.key, "only_once");
  }
  static constexpr Sql kOrphan{"child.insert", "INSERT INTO child VALUES (?)"};
  try {
    connection.execute(kOrphan, 7);
    require(false, "an orphan");
  } catch (const db::ForeignKeyError&) {
  }
  require(!connection.broken(), "still good");
}

Test(connection, values_are_bound_and_read_back_as_they_are) {
  Database database;
  db::Connection connection{database.options()};
  connection.run("CREATE TABLE v (id BINARY(16), text VARCHAR(200), number BIGINT)");
  static constexpr Sql kPut{"v.insert", "INSERT INTO v VALUES (?, ?, ?)"};
  static constexpr Sql kGet{"v.get", "SELECT id, text, number FROM v WHERE text = ? OR text IS NULL"};
  const auto id = crypto::new_id<UserId>();
  const std::string text = std::string{"'; DROP TABLE v; -- \\ \xF0\x9F\x98\x80"} + '\0' + "%_";
  connection.execute(kPut, id, text, from_unix(253'402'300'799));
  connection.execute(kPut, std::optional<UserId>{}, nullptr, std::optional<std::int64_t>{});
  auto rows = connection.query(kGet, text);
  require_equal(rows.count(), 2U);
  require(rows.next() && rows.id<UserId>(0) == id && rows.text(1) == text, "the values");
  require(rows.time(2) == from_unix(253'402'300'799) && rows.maybe_id<UserId>(0) == id, "the time");
  require(rows.next() && rows.is_null(0) && !rows.maybe_id<UserId>(0), "no id");
  require(!rows.maybe_text(1) && !rows.maybe_integer(2) && !rows.next(), "no values");
}

Test(connection, a_column_that_is_no_id_is_a_fault_of_the_program) {
  Database database;
  db::Connection connection{database.options()};
  auto rows = connection.run_query("SELECT 'short'");
  require(rows.next(), "a row");
  try {
    rows.id<UserId>(0);
    require(false, "read");
  } catch (const std::logic_error&) {
  }
}
