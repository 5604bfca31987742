#include "connect.hpp"

#include <mysql_connection.h>
#include <mysql_driver.h>

#include <cppconn/exception.h>
#include <cppconn/resultset.h>
#include <cppconn/statement.h>

#include <algorithm>

#include "tenantd/db/access_denied.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::db {
namespace {

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

// `host`: none = by the socket.
sql::ConnectOptionsMap driver_options(const ConnectOptions& options, const Host* host, int seconds) {
  sql::ConnectOptionsMap map;
  const bool bracketed = host != nullptr && host->name.find(':') != std::string::npos;
  map["hostName"] = host == nullptr ? "unix://" + options.socket
                    : bracketed     ? "tcp://[" + host->name + ']'
                                    : "tcp://" + host->name;
  if (host != nullptr) map["port"] = host->port;
  map["userName"] = options.user;
  map["password"] = options.password.reveal();
  if (!options.schema.empty()) map["schema"] = options.schema;
  map["OPT_CHARSET_NAME"] = "utf8mb4";
  map["OPT_CONNECT_TIMEOUT"] = seconds;
  map["OPT_READ_TIMEOUT"] = statement_seconds(options.timeout_seconds) + 1;
  map["OPT_WRITE_TIMEOUT"] = statement_seconds(options.timeout_seconds) + 1;
  map["CLIENT_FOUND_ROWS"] = true;
  if (host != nullptr && !options.tls.ca.empty()) {
    // Both together are the one way in which the driver refuses a server that speaks no TLS.
    map["sslCA"] = options.tls.ca;
    map["sslVerify"] = true;
    if (!options.tls.cert.empty()) map["sslCert"] = options.tls.cert;
    if (!options.tls.key.empty()) map["sslKey"] = options.tls.key;
  }
  return map;
}

// The driver's words do not say which of the certificate's faults it was, nor what to do.
std::string tls_advice(int number, const ConnectOptions& options) {
  constexpr int kTlsFailed = 2026, kTlsWanted = 3159, kAccessDenied = 1045;
  if (number == kTlsFailed)
    return " (DB_TLS_CA: the server must speak TLS and show a certificate for this name that " +
           options.tls.ca + " vouches for, and that has not expired)";
  if (options.host.empty() || !options.tls.ca.empty()) return "";
  if (number == kTlsWanted) return " (the server takes TLS alone: set DB_TLS_CA)";
  // All that MariaDB says of it.
  if (number == kAccessDenied) return " (a wrong password; or the server takes TLS alone: set DB_TLS_CA)";
  return "";
}

// The option that asks for TLS is one that the driver might drop in silence.
bool is_encrypted(sql::Statement& plain) {
  const std::unique_ptr<sql::ResultSet> status{plain.executeQuery("SHOW SESSION STATUS LIKE 'Ssl_version'")};
  return status->next() && status->getString(2).length() > 0;
}

}  // namespace

std::string where(const ConnectOptions& options, const Host* host) {
  return host == nullptr ? options.socket : host->name + ':' + std::to_string(host->port);
}

int statement_seconds(int timeout_seconds) { return std::max(timeout_seconds - 1, 1); }

void refuse_connection(const sql::SQLException& e, const ConnectOptions& options, const Host* host) {
  const int number = e.getErrorCode();
  const auto what =
      where(options, host) + ": " + std::to_string(number) + ' ' + e.what() + tls_advice(number, options);
  if (number == 1045 || number == 1698) throw AccessDenied(what);
  // Too many connections: in all, of this account, or within an hour.
  if (number == 1040 || number == 1203 || number == 1226) throw ServerFull(what);
  throw ApiError(ErrorCode::unavailable).detail("connect: " + what);
}

std::unique_ptr<sql::Connection> connect(const ConnectOptions& options, const Host* host, int seconds) {
  try {
    auto map = driver_options(options, host, seconds);
    std::unique_ptr<sql::Connection> made{driver().connect(map)};
    const std::unique_ptr<sql::Statement> plain{made->createStatement()};
    if (host != nullptr && !options.tls.ca.empty() && !is_encrypted(*plain))
      throw ApiError(ErrorCode::unavailable)
          .detail("connect: " + where(options, host) + ": it is not encrypted, though DB_TLS_CA is set");
    plain->execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
    plain->execute(session_limits(options));
    return made;
  } catch (const sql::SQLException& e) {
    refuse_connection(e, options, host);
  }
}

}  // namespace tenantd::db
