// What the driver's errors mean. db/ alone knows their numbers.
#pragma once

#include <stdexcept>
#include <string>

namespace tenantd::db {

// The transaction can be run again from its start (1205, 1213, 1020, 1047).
struct RetryableError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The connection went away, and with it whatever was not committed: another one may do. Never from a COMMIT,
// whose outcome would be unknown, and never from connecting.
struct ConnectionLost : RetryableError {
  using RetryableError::RetryableError;
};

// A row stayed locked for as long as a statement may wait (1205; NOWAIT's 3572).
struct LockTimeout : RetryableError {
  using RetryableError::RetryableError;
};

// A unique key has the value already (1062). `key` is its name in the schema.
struct DuplicateKey : std::runtime_error {
  DuplicateKey(const std::string& what, std::string key_name)
      : runtime_error(what), key(std::move(key_name)) {}
  std::string key;
};

// The row that a foreign key names is not there (1452), or is still named by others (1451). `key` is the
// constraint's name in the schema; empty where the server does not tell it (1216, 1217).
struct ForeignKeyError : std::runtime_error {
  explicit ForeignKeyError(const std::string& what, std::string key_name = {})
      : runtime_error(what), key(std::move(key_name)) {}
  std::string key;
};

// The account lacks the right (1044, 1045, 1142, 1143, 1227, 1370), or a write left its tenant's view (1369):
// a fault of this program.
struct AccessError : std::runtime_error {
  AccessError(const std::string& what, int error_number) : runtime_error(what), number(error_number) {}
  int number;
};

// The organization has as much of this as it may ("members").
struct LimitReached : std::runtime_error {
  LimitReached(const std::string& what, std::string limit_name)
      : runtime_error(what), limit(std::move(limit_name)) {}
  std::string limit;
};

// Any other failure of a statement.
struct StatementError : std::runtime_error {
  StatementError(const std::string& what, int error_number) : runtime_error(what), number(error_number) {}
  int number;
};

// True if the connection is gone (2002, 2006, 2013, 2055), its statements are (1243, 2030), or the server is
// none to write to (1047, 1053, 1290, 1792, 1836, 3100).
bool is_connection_lost(int number);

// True if a scope was to be set in another connection of the server's than was asked (sql/views.sql).
bool is_mixing_proxy(int number, const std::string& message);

// Throws what `number` stands for: one of the above, MixingProxy, or ApiError(unavailable) for a full disk or
// a server that is starting or stopping.
[[noreturn]] void raise(int number, const std::string& message, std::string_view statement);

}  // namespace tenantd::db
