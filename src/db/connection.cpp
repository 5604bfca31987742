#include "tenantd/db/connection.hpp"

#include <mysql_connection.h>
#include <mysql_driver.h>

#include <cppconn/exception.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>
#include <cppconn/statement.h>

#include <algorithm>
#include <stdexcept>
#include <unordered_map>
#include <vector>

#include "tenantd/db/access_denied.hpp"
#include "tenantd/db/deadline.hpp"
#include "tenantd/db/error.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::db {
namespace {

using sql::SQLException;

// A second shorter than the client's patience, so that the server's own word arrives first.
int statement_seconds(int timeout_seconds) { return std::max(timeout_seconds - 1, 1); }

// Without the time limit a statement goes on in the server although nobody waits: the read timeout only hangs
// up. The comments are MariaDB's and MySQL's own forms of "for this server only".
std::string session_limits(const ConnectOptions& options) {
  const std::string seconds = std::to_string(statement_seconds(options.timeout_seconds));
  const std::string lock_wait =
      options.lock_wait_seconds > 0 ? std::to_string(options.lock_wait_seconds) : seconds;
  return "SET SESSION innodb_lock_wait_timeout = " + lock_wait + ", SESSION sql_mode = 'STRICT_ALL_TABLES'" +
         " /*M!100100 , SESSION max_statement_time = " + seconds + " */" +
         " /*!80000 , SESSION max_execution_time = " + seconds + "000 */";
}

// The driver's own lookup of its instance is not safe on several threads; a local static is.
sql::mysql::MySQL_Driver& driver() {
  static sql::mysql::MySQL_Driver& instance = *sql::mysql::get_mysql_driver_instance();
  return instance;
}

}  // namespace

struct Connection::Impl {
  // Declared before the statements: they go first.
  std::unique_ptr<sql::Connection> connection;
  std::unique_ptr<sql::Statement> plain;
  // Keyed by the address of the constexpr text, one per statement in the program.
  std::unordered_map<const char*, std::unique_ptr<sql::PreparedStatement>> prepared;
};

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

Connection::Connection(const ConnectOptions& options) : impl_(std::make_unique<Impl>()) {
  sql::ConnectOptionsMap map;
  map["hostName"] = options.host.empty() ? "unix://" + options.socket : "tcp://" + options.host;
  if (!options.host.empty()) map["port"] = options.port;
  map["userName"] = options.user;
  map["password"] = options.password.reveal();
  if (!options.schema.empty()) map["schema"] = options.schema;
  map["OPT_CHARSET_NAME"] = "utf8mb4";
  // Of a request, what is left of its time.
  const auto left = static_cast<int>(std::clamp<std::int64_t>(Deadline::left_us() / 1'000'000 + 1, 1, 5));
  map["OPT_CONNECT_TIMEOUT"] = std::min(options.timeout_seconds, left);
  map["OPT_READ_TIMEOUT"] = statement_seconds(options.timeout_seconds) + 1;
  map["OPT_WRITE_TIMEOUT"] = statement_seconds(options.timeout_seconds) + 1;
  map["CLIENT_FOUND_ROWS"] = true;
  try {
    impl_->connection.reset(driver().connect(map));
    impl_->plain.reset(impl_->connection->createStatement());
    impl_->plain->execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
    impl_->plain->execute(session_limits(options));
  } catch (const SQLException& e) {
    const auto what = std::to_string(e.getErrorCode()) + " " + e.what();
    if (e.getErrorCode() == 1045 || e.getErrorCode() == 1698) throw AccessDenied(what);
    throw ApiError(ErrorCode::unavailable).detail("connect: " + what);
  }
}

Connection::~Connection() {
  try {
    impl_->prepared.clear();
    impl_->plain.reset();
    impl_->connection.reset();
  } catch (const SQLException&) {
    // A dead connection may fail while it closes; there is nobody to tell.
  }
}

void Connection::run(const std::string& text) {
  ++statements_;
  try {
    // Rows that nobody asked for would block the next statement.
    bool has_rows = impl_->plain->execute(text);
    while (has_rows) {
      std::unique_ptr<sql::ResultSet>{impl_->plain->getResultSet()}.reset();
      has_rows = impl_->plain->getMoreResults();
    }
  } catch (const SQLException& e) {
    broken_ = broken_ || is_connection_lost(e.getErrorCode());
    raise(e.getErrorCode(), e.what(), text.substr(0, 60));
  }
}

Rows Connection::run_query(const std::string& text) {
  ++statements_;
  try {
    return Rows{std::unique_ptr<sql::ResultSet>{impl_->plain->executeQuery(text)}};
  } catch (const SQLException& e) {
    broken_ = broken_ || is_connection_lost(e.getErrorCode());
    raise(e.getErrorCode(), e.what(), text.substr(0, 60));
  }
}

Connection::Statement::Statement(Connection& connection, const Sql& sql)
    : connection_(connection), sql_(sql) {
  auto& slot = connection.impl_->prepared[sql.text.data()];
  if (!slot) {
    try {
      slot.reset(connection.impl_->connection->prepareStatement(std::string{sql.text}));
    } catch (const SQLException& e) {
      connection.broken_ = connection.broken_ || is_connection_lost(e.getErrorCode());
      connection.impl_->prepared.erase(sql.text.data());
      raise(e.getErrorCode(), e.what(), sql.name);
    }
  }
  statement_ = slot.get();
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
  try {
    return Rows{std::unique_ptr<sql::ResultSet>{statement_->executeQuery()}};
  } catch (const SQLException& e) {
    connection_.broken_ = connection_.broken_ || is_connection_lost(e.getErrorCode());
    raise(e.getErrorCode(), e.what(), sql_.name);
  }
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
  try {
    return statement_->executeUpdate();
  } catch (const SQLException& e) {
    connection_.broken_ = connection_.broken_ || is_connection_lost(e.getErrorCode());
    raise(e.getErrorCode(), e.what(), sql_.name);
  }
}

}  // namespace tenantd::db
