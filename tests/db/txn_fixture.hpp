// What the tests beside it share.
#pragma once

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

namespace tenantd::test::txns {
using namespace tenantd;
using test::require;
using test::require_equal;

using db::Sql;
using db::Txn;

inline constexpr Sql kCount{"t.count", "SELECT COUNT(*) FROM t"};
inline constexpr Sql kInsert{"t.insert", "INSERT INTO t (id, n) VALUES (?, 0)"};
inline constexpr Sql kIncrement{"t.increment", "UPDATE t SET n = n + 1 WHERE id = ?"};
inline constexpr Sql kLock{"t.lock", "SELECT n FROM t WHERE id = ? FOR UPDATE"};
// Neither server has a variable for it that the other knows; what both refuse in a transaction is to describe
// the next one.
inline constexpr const char* kProbe =
    "CREATE PROCEDURE in_transaction() BEGIN DECLARE EXIT HANDLER FOR 1568 SELECT 1; SET TRANSACTION READ "
    "WRITE; "
    "SELECT 0; END";
inline constexpr Sql kInTransaction{"in_transaction", "CALL in_transaction()"};
inline constexpr Sql kScope{"scope.read", "SELECT HEX(@tenantd_org), HEX(@tenantd_user), @tenantd_super"};

struct Database : test::PrivateMariadb {
  Database() {
    side().run("CREATE TABLE t (id INT NOT NULL PRIMARY KEY, n INT NOT NULL) ENGINE = InnoDB");
    side().run(kProbe);
  }
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

inline void at_commit(Txn& txn, ActionLog::Action action) { txn.log<ActionLog>().add(std::move(action)); }

inline std::int64_t number(db::Rows rows) {
  require(rows.next(), "a row");
  return rows.integer(0);
}

inline int in_transaction(Txn& txn) {
  return txn.call(kInTransaction, [](db::Rows& rows) {
    require(rows.next(), "a row");
    return static_cast<int>(rows.integer(0));
  });
}

inline std::string scope_of(Txn& txn) {
  auto rows = txn.query(kScope);
  require(rows.next(), "a row");
  return rows.maybe_text(0).value_or("-") + ' ' + rows.maybe_text(1).value_or("-") + ' ' +
         rows.maybe_text(2).value_or("-");
}

template <class AnyId>
inline std::string hex(const AnyId& id) {
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

}  // namespace tenantd::test::txns
