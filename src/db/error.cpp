#include "tenantd/db/error.hpp"

#include "tenantd/db/mixing_proxy.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::db {
namespace {

// The schemas know what each text may look like; this stands behind them.
constexpr const char* kForeignText = "A text holds characters that cannot stand where it belongs";

// "Duplicate entry 'x' for key 'email'": the last quoted word, without a table in front of it.
std::string key_of(const std::string& message) {
  const auto end = message.rfind('\'');
  if (end == std::string::npos || end == 0) return {};
  const auto start = message.rfind('\'', end - 1);
  if (start == std::string::npos) return {};
  std::string key = message.substr(start + 1, end - start - 1);
  const auto dot = key.rfind('.');
  return dot == std::string::npos ? key : key.substr(dot + 1);
}

// "… fails (`tenantd`.`product`, CONSTRAINT `product_has_supplier` FOREIGN KEY …": the constraint's name.
std::string constraint_of(const std::string& message) {
  constexpr std::string_view kBefore = "CONSTRAINT `";
  const auto at = message.find(kBefore);
  if (at == std::string::npos) return {};
  const auto start = at + kBefore.size();
  return message.substr(start, message.find('`', start) - start);
}

}  // namespace

bool is_connection_lost(int number) {
  switch (number) {
    case 1053:  // server shutdown in progress
    case 1243:  // unknown prepared statement
    case 1047:  // a node of a cluster that is cut off from the others
    case 1290:  // read-only: another server has become the one that writes
    case 1792:  // the same
    case 1836:
    case 1927:  // connection was killed (MariaDB)
    case 2002:
    case 2003:
    case 2006:
    case 2013:
    case 2026:  // over TLS: also what is 2013 without, an end or a read that took too long
    case 2030:
    case 2055:
    case 3100:  // group replication: this server is no member just now
    case 3169:  // connection was killed (MySQL)
    case 4031:  // the server has closed an idle connection (MySQL)
      return true;
    default: return false;
  }
}

bool is_mixing_proxy(int number, const std::string& message) {
  return number == 1644 && message.find("scope: another connection") != std::string::npos;
}

void raise(int number, const std::string& message, std::string_view statement) {
  const std::string text = std::string{statement} + ": " + std::to_string(number) + " " + message;
  if (is_connection_lost(number)) throw ConnectionLost(text);
  switch (number) {
    case 1020:
    case 1213:
    case 1412:  // the table was altered since the transaction began
    case 1615:  // the statement is to be prepared anew
    case 3101:  // group replication has undone the COMMIT
      throw RetryableError(text);
    case 1205:
    case 3572: throw LockTimeout(text);
    case 1062: throw DuplicateKey(text, key_of(message));
    case 1216:  // 1452 and 1451 of MySQL, for one who may not see the other table
    case 1217:
    case 1451:
    case 1452: throw ForeignKeyError(text, constraint_of(message));
    case 1044:
    case 1045:
    case 1142:
    case 1143:
    case 1227:
    case 1369:
    case 1370: throw AccessError(text, number);
    case 1267:  // an ASCII column is compared with a text that is not ASCII
    case 1270:
    case 1271: throw ApiError(ErrorCode::validation_failed, kForeignText).detail(text);
    case 1366:  // "Incorrect string value": an ASCII column is given one; also a number that is none, our own
                // fault
      if (message.find("string value") != std::string::npos)
        throw ApiError(ErrorCode::validation_failed, kForeignText).detail(text);
      throw StatementError(text, number);
    case 3:     // error writing file (disk full)
    case 28:    // no space left on device
    case 1021:  // disk full
    case 1026:  // error writing file
    case 1040:  // too many connections
    case 1041:  // out of memory
    case 1049:  // unknown database
    case 1114:  // table is full
    case 1129:  // host is blocked
    case 1146:  // no such table: the schema is not migrated
    case 1180:  // error during COMMIT
    case 1203:  // too many connections of this user
    case 1317:  // interrupted
    case 1969:  // statement time limit (MariaDB)
    case 3024:  // the same (MySQL)
      throw ApiError(ErrorCode::unavailable).detail(text);
    case 1644:  // SIGNAL; "limit: members" names the limit that the schema keeps
      if (is_mixing_proxy(number, message)) throw MixingProxy(std::string{statement});
      if (const auto limit = message.find("limit: "); limit != std::string::npos)
        throw LimitReached(text, message.substr(limit + 7));
      throw StatementError(text, number);
    default: throw StatementError(text, number);
  }
}

}  // namespace tenantd::db
