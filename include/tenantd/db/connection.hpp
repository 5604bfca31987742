// One database connection with its prepared statements. Belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "tenantd/base/id.hpp"
#include "tenantd/base/secret.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/base/value.hpp"
#include "tenantd/db/engine.hpp"
#include "tenantd/db/server_board.hpp"
#include "tenantd/db/server_facts.hpp"

namespace sql {
class Connection;
class PreparedStatement;
class ResultSet;
}  // namespace sql

namespace tenantd::db {

// A statement and its name; the name labels metrics and log lines. Declared constexpr beside the function
// that runs it.
struct Sql {
  std::string_view name;
  std::string_view text;
};

// A buffered result, read forward: while (rows.next()) rows.text(0). Columns count from 0.
class Rows {
 public:
  explicit Rows(std::unique_ptr<sql::ResultSet> result);
  Rows(Rows&&) noexcept;
  Rows& operator=(Rows&&) noexcept;
  ~Rows();

  bool next();
  std::size_t count() const;
  // Where the column of this name stands. Throws std::logic_error if there is none.
  unsigned column(std::string_view name) const;
  bool is_null(unsigned column) const;
  std::string text(unsigned column) const;
  std::int64_t integer(unsigned column) const;
  bool flag(unsigned column) const { return integer(column) != 0; }
  TimePoint time(unsigned column) const { return from_unix(integer(column)); }
  std::optional<std::string> maybe_text(unsigned column) const;
  std::optional<std::int64_t> maybe_integer(unsigned column) const;
  // Throws std::logic_error if the column is not a BINARY(16).
  template <class AnyId>
  AnyId id(unsigned column) const {
    return *AnyId::from_raw(raw16(column));
  }
  template <class AnyId>
  std::optional<AnyId> maybe_id(unsigned column) const {
    if (is_null(column)) return std::nullopt;
    return id<AnyId>(column);
  }

 private:
  std::string raw16(unsigned column) const;  // 16 bytes, or throws std::logic_error
  std::unique_ptr<sql::ResultSet> result_;
};

// Files (PEM). `ca` empty = no TLS; else the server must show a certificate that it signed, for the host's
// name.
struct Tls {
  std::string ca, cert, key;
};

struct ConnectOptions {
  std::string socket;  // used unless host is set
  std::string host;    // one or several, as DB_HOST: tried in order
  int port = 3306;     // of those that name none
  std::string user;
  Secret password;
  std::string schema;  // "tenantd_app" for the application, "tenantd" for migrations
  int timeout_seconds = 10;
  int lock_wait_seconds = 0;  // 0 = as long as a statement may take
  Tls tls;
  ServerBoard* board = nullptr;  // that processes share; none = the process has its own
};

class Connection {
 public:
  // Opens at READ COMMITTED, utf8mb4, with a statement time limit. Of several hosts the first that answers
  // and takes writes, and of those that failed lately none before the others. Throws AccessDenied,
  // MixingProxy, or ApiError(unavailable) that says of each host why not.
  explicit Connection(const ConnectOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Runs a prepared SELECT or CALL-less statement with rows. Errors are mapped (see error.hpp).
  template <class... Args>
  Rows query(const Sql& sql, const Args&... args) {
    Statement bound{*this, sql};
    bind_all(bound, args...);
    return bound.query();
  }
  // Runs a prepared change. Returns the count of rows matched.
  template <class... Args>
  std::int64_t execute(const Sql& sql, const Args&... args) {
    Statement bound{*this, sql};
    bind_all(bound, args...);
    return bound.execute();
  }
  // Runs a CALL whose procedure answers with one row set, hands it to `read(Rows&)`, and returns what that
  // returns.
  template <class Read, class... Args>
  auto call(const Sql& sql, Read&& read, const Args&... args) {
    Statement bound{*this, sql};
    bind_all(bound, args...);
    const Drain drain{bound};
    Rows rows = bound.query();
    return read(rows);
  }
  // Runs text as it is (START TRANSACTION, DDL). Throws like the others.
  void run(const std::string& text);
  Rows run_query(const std::string& text);

  // True after a lost connection or any error that leaves its state unknown: discard it.
  bool broken() const { return broken_; }
  void mark_broken() { broken_ = true; }
  // Statements sent so far, for tests and the benchmark.
  std::int64_t statements() const { return statements_; }
  Engine engine() const;
  // What it led to when it was opened.
  const ServerFacts& server() const;
  std::int64_t id() const;      // the server's number of it
  std::uint64_t epoch() const;  // of the board, in which it was opened
  // True once all shall use another server, or the same one anew: to be closed between two transactions.
  bool is_outdated() const;
  // The same for who holds one for long, and is to open another then: also once a server that stands before
  // this one may be back, and if this one has become read-only, which is looked at each second where there
  // are others. Throws what a statement throws.
  bool is_to_be_replaced();

 private:
  class Statement {
   public:
    Statement(Connection& connection, const Sql& sql);
    void bind(unsigned at, std::int64_t value);
    void bind(unsigned at, std::string_view value);
    void bind_null(unsigned at);
    Rows query();
    std::int64_t execute();
    // Reads the status that follows a procedure's rows; until then the connection takes no other statement.
    void drain() noexcept;

   private:
    Connection& connection_;
    const Sql& sql_;
    sql::PreparedStatement* statement_;
  };

  struct Drain {
    Statement& statement;
    ~Drain() { statement.drain(); }
  };

  static void bind_one(Statement& s, unsigned at, std::string_view v) { s.bind(at, v); }
  static void bind_one(Statement& s, unsigned at, const std::string& v) { s.bind(at, std::string_view{v}); }
  static void bind_one(Statement& s, unsigned at, const char* v) { s.bind(at, std::string_view{v}); }
  static void bind_one(Statement& s, unsigned at, std::nullptr_t) { s.bind_null(at); }
  static void bind_one(Statement& s, unsigned at, TimePoint v) { s.bind(at, unix_seconds(v)); }
  template <class Tag>
  static void bind_one(Statement& s, unsigned at, const Id<Tag>& v) {
    s.bind(at, v.raw());
  }
  template <class T>
  requires std::is_integral_v<T> || std::is_enum_v<T>
  static void bind_one(Statement& s, unsigned at, T v) { s.bind(at, static_cast<std::int64_t>(v)); }
  template <class T>
  static void bind_one(Statement& s, unsigned at, const std::optional<T>& v) {
    if (v) {
      bind_one(s, at, *v);
    } else {
      s.bind_null(at);
    }
  }
  static void bind_one(Statement& s, unsigned at, const Value& v);
  // Values of a statement whose parameters are known at run time only.
  static void bind_all(Statement& s, std::span<const Value> values);
  template <class... Args>
  static void bind_all(Statement& s, const Args&... args) {
    unsigned at = 0;
    (bind_one(s, ++at, args), ...);
  }

  // Runs `run()` of the driver's, as the statement `name`, and throws what its errors stand for.
  template <class Run>
  auto guarded(std::string_view name, Run&& run);

  struct Impl;
  std::unique_ptr<Impl> impl_;
  bool broken_ = false;
  std::int64_t statements_ = 0;
};

// Runs `work(connection)` as one transaction and returns its result. What it throws closes the connection,
// which undoes it. For processes that own a connection; requests have a Txn.
template <class Work>
auto at_once(Connection& connection, Work&& work) {
  connection.run("START TRANSACTION");
  try {
    auto result = work(connection);
    connection.run("COMMIT");
    return result;
  } catch (...) {
    connection.mark_broken();
    throw;
  }
}

}  // namespace tenantd::db
