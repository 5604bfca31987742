#include "tenantd/db/connection.hpp"

#include <mysql_connection.h>

#include <cppconn/exception.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>
#include <cppconn/statement.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <unordered_map>
#include <vector>

#include "connect.hpp"
#include "dialect.hpp"
#include "link.hpp"
#include "tenantd/base/trace.hpp"
#include "tenantd/db/counters.hpp"
#include "tenantd/db/deadline.hpp"
#include "tenantd/db/error.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::db {
namespace {

using sql::SQLException;

// Runs `run()`, of `statement`, again while a migration beside it replaces a routine that it calls: for a
// moment, on MySQL alone. Then, or if a part of it is done, throws RetryableError: the whole transaction is
// to be run again, since GRANT may be waiting for what it holds.
template <class Run>
auto outlasting_replacement(Engine engine, const Sql& statement, Run&& run) {
  constexpr auto kPause = std::chrono::milliseconds{20};
  constexpr std::int64_t kPatienceUs = 200'000;
  const auto began = monotonic_microseconds();
  for (;;) {
    try {
      return run();
    } catch (const SQLException& e) {
      if (!is_replacement(engine, e.getErrorCode())) throw;
      const bool patient = monotonic_microseconds() - began < kPatienceUs && Deadline::left_us() > 0;
      if (!patient || !changed_nothing(statement.text, e.what()))
        throw RetryableError(std::string{statement.name} + ": " + e.what());
    }
    std::this_thread::sleep_for(kPause);
  }
}

// What a statement that has no name does; its text may hold anything.
std::string_view verb_of(std::string_view text) {
  for (const std::string_view verb :
       {"START TRANSACTION", "COMMIT", "ROLLBACK TO", "ROLLBACK", "SAVEPOINT", "SET", "CALL", "SELECT"})
    if (text.starts_with(verb)) return verb;
  return "statement";
}

// Tells the thread's work, and the counters of this host, of one statement when it goes.
class Told {
 public:
  // `name` lives as long as the program.
  explicit Told(std::string_view name) : name_(name) {}
  ~Told() {
    const auto took = monotonic_microseconds() - began_us_;
    auto& all = counters();
    all.statements.fetch_add(1, std::memory_order_relaxed);
    all.statement_sum_us.fetch_add(static_cast<std::uint64_t>(took), std::memory_order_relaxed);
    if (auto* work = trace::current())
      work->add({name_, began_us_, took, false, std::uncaught_exceptions() > exceptions_});
  }
  Told(const Told&) = delete;
  Told& operator=(const Told&) = delete;

 private:
  std::string_view name_;
  std::int64_t began_us_ = monotonic_microseconds();
  int exceptions_ = std::uncaught_exceptions();
};

}  // namespace

struct Connection::Impl {
  // Declared before the statements: they go first.
  Link link;
  std::unique_ptr<sql::Statement> plain;
  // Keyed by the address of the constexpr text, one per statement in the program.
  std::unordered_map<const char*, std::unique_ptr<sql::PreparedStatement>> prepared;
  ConnectOptions options;
  ServerBoard* board = nullptr;
  std::int64_t looked_at_us = monotonic_microseconds();

  void note_failure(int error, std::int64_t took_us) const noexcept;
};

// Tells the others of this host of a server that is none to write to, or hangs.
void Connection::Impl::note_failure(int error, std::int64_t took_us) const noexcept {
  const bool waited = took_us >= std::int64_t{1'000'000} * statement_seconds(options.timeout_seconds);
  const auto failed = [this] { board->failed(link.place, monotonic_microseconds()); };
  if (is_unfit(error)) failed();
  if (!waited) return;
  // Nobody waits for the statement any more, but MySQL would go on with it unless it is a plain SELECT:
  // MariaDB's limit binds every statement, MySQL's no other. Every account may end connections of its own. A
  // server that can be told so is slow, and no other is asked for that.
  try {
    end_in_server(link, options);
  } catch (const SQLException& e) {
    constexpr int kEndedByItself = 1094;
    if (e.getErrorCode() != kEndedByItself) failed();
  } catch (const std::exception&) {
    failed();
  }
}

Rows::Rows(std::unique_ptr<sql::ResultSet> result) : result_(std::move(result)) {}
Rows::Rows(Rows&&) noexcept = default;
Rows& Rows::operator=(Rows&&) noexcept = default;
Rows::~Rows() = default;

bool Rows::next() { return result_->next(); }
std::size_t Rows::count() const { return result_->rowsCount(); }
unsigned Rows::column(std::string_view name) const {
  try {
    return result_->findColumn(sql::SQLString{name.data(), name.size()}) - 1;
  } catch (const SQLException&) {
    throw std::logic_error("no column " + std::string{name});
  }
}
bool Rows::is_null(unsigned column) const { return result_->isNull(column + 1); }
std::string Rows::text(unsigned column) const { return result_->getString(column + 1).asStdString(); }
std::int64_t Rows::integer(unsigned column) const { return result_->getInt64(column + 1); }
std::string Rows::raw16(unsigned column) const {
  auto raw = text(column);
  if (raw.size() != 16) throw std::logic_error("column " + std::to_string(column) + " holds no id");
  return raw;
}

std::optional<std::string> Rows::maybe_text(unsigned column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}

std::optional<std::int64_t> Rows::maybe_integer(unsigned column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

Connection::~Connection() {
  try {
    impl_->prepared.clear();
    impl_->plain.reset();
    impl_->link.connection.reset();
  } catch (const SQLException&) {
    // A dead connection may fail while it closes; there is nobody to tell.
  }
}

Engine Connection::engine() const { return impl_->link.facts.engine; }
const ServerFacts& Connection::server() const { return impl_->link.facts; }
std::int64_t Connection::id() const { return impl_->link.id; }
std::uint64_t Connection::epoch() const { return impl_->link.epoch; }
bool Connection::is_outdated() const { return impl_->board->epoch() != impl_->link.epoch; }

template <class Run>
auto Connection::guarded(std::string_view name, Run&& run) {
  const auto began = monotonic_microseconds();
  try {
    return run();
  } catch (const SQLException& e) {
    const int number = e.getErrorCode();
    auto& failures = counters().failures;
    failures[static_cast<std::size_t>(failure_of(number))].fetch_add(1, std::memory_order_relaxed);
    if (is_connection_lost(number)) {
      broken_ = true;
      impl_->note_failure(number, monotonic_microseconds() - began);
    }
    if (is_mixing_proxy(number, e.what())) {
      broken_ = true;
      impl_->board->mixes(impl_->link.place, monotonic_microseconds());
    }
    raise(number, e.what(), name);
  }
}

Connection::Connection(const ConnectOptions& options) : impl_(std::make_unique<Impl>()) {
  const Told told{"connect"};
  impl_->options = options;
  impl_->board = &board_of(options);
  counters().connects.fetch_add(1, std::memory_order_relaxed);
  impl_->link = open_link(options);
  guarded("connect", [&] { impl_->plain.reset(impl_->link.connection->createStatement()); });
}

bool Connection::is_to_be_replaced() {
  constexpr std::int64_t kLookEveryUs = 1'000'000;
  const auto now = monotonic_microseconds();
  if (is_outdated() || impl_->board->is_return_due(impl_->link.place, now)) return true;
  if (!impl_->link.has_others || now - impl_->looked_at_us < kLookEveryUs) return false;
  impl_->looked_at_us = now;
  const bool writes = guarded("connection.look", [&] { return takes_writes(*impl_->plain); });
  if (!writes) impl_->board->failed(impl_->link.place, now);
  return !writes;
}

void Connection::run(const std::string& text) {
  ++statements_;
  const Told told{verb_of(text)};
  guarded(std::string_view{text}.substr(0, 60), [&] {
    // Rows that nobody asked for would block the next statement.
    bool has_rows = impl_->plain->execute(text);
    while (has_rows) {
      std::unique_ptr<sql::ResultSet>{impl_->plain->getResultSet()}.reset();
      has_rows = impl_->plain->getMoreResults();
    }
  });
}

Rows Connection::run_query(const std::string& text) {
  ++statements_;
  const Told told{verb_of(text)};
  return guarded(std::string_view{text}.substr(0, 60),
                 [&] { return Rows{std::unique_ptr<sql::ResultSet>{impl_->plain->executeQuery(text)}}; });
}

Connection::Statement::Statement(Connection& connection, const Sql& sql)
    : connection_(connection), sql_(sql) {
  auto& prepared = connection.impl_->prepared;
  auto found = prepared.find(sql.text.data());
  if (found == prepared.end()) {
    const Told told{"prepare"};
    auto made = connection.guarded(sql.name, [&] {
      return outlasting_replacement(connection.engine(), sql, [&] {
        return std::unique_ptr<sql::PreparedStatement>{
            connection.impl_->link.connection->prepareStatement(std::string{sql.text})};
      });
    });
    found = prepared.emplace(sql.text.data(), std::move(made)).first;
  }
  statement_ = found->second.get();
}

void Connection::Statement::bind(unsigned at, std::int64_t value) { statement_->setInt64(at, value); }
void Connection::Statement::bind(unsigned at, std::string_view value) {
  statement_->setString(at, sql::SQLString{value.data(), value.size()});
}
void Connection::Statement::bind_null(unsigned at) { statement_->setNull(at, 0); }

void Connection::bind_one(Statement& s, unsigned at, const Value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return s.bind(at, std::int64_t{*flag});
  if (const auto* number = std::get_if<std::int64_t>(&value)) return s.bind(at, *number);
  if (const auto text = text_of(value)) return s.bind(at, *text);
  if (const auto* id = std::get_if<UuidBytes>(&value))
    return s.bind(at, std::string_view{reinterpret_cast<const char*>(id->data()), id->size()});
  s.bind_null(at);
}

void Connection::bind_all(Statement& s, std::span<const Value> values) {
  unsigned at = 0;
  for (const auto& value : values) bind_one(s, ++at, value);
}

Rows Connection::Statement::query() {
  ++connection_.statements_;
  const Told told{sql_.name};
  return connection_.guarded(sql_.name, [&] {
    return outlasting_replacement(connection_.engine(), sql_, [&] {
      return Rows{std::unique_ptr<sql::ResultSet>{statement_->executeQuery()}};
    });
  });
}

void Connection::Statement::drain() noexcept {
  try {
    while (statement_->getMoreResults()) {
    }
  } catch (const SQLException&) {
    connection_.broken_ = true;
  }
}

std::int64_t Connection::Statement::execute() {
  ++connection_.statements_;
  const Told told{sql_.name};
  return connection_.guarded(sql_.name, [&] {
    return outlasting_replacement(connection_.engine(), sql_,
                                  [&] { return std::int64_t{statement_->executeUpdate()}; });
  });
}

}  // namespace tenantd::db
