// The database behind the instance, seen past the service: what a test holds the service's word against.
#pragma once

#include <cstdint>
#include <map>
#include <source_location>
#include <string>
#include <string_view>

#include "support/instance_lock.hpp"
#include "tenantd/db/connection.hpp"

namespace tenantd::test {

// Connections of the instance's accounts. The administrator sees everything.
db::ConnectOptions as_admin();
db::ConnectOptions as_app();
db::ConnectOptions as_sweeper();
db::ConnectOptions as_courier();

// The administrator's connection of this test, with the base tables' schema.
db::Connection& database();
// The first column of the first row: as a number, as text.
std::int64_t number_of(const std::string& sql);
std::string text_of(const std::string& sql);
// "0x0190…" of a UUID's text, for BINARY(16) columns; "'it''s'" of any text.
std::string binary(const std::string& uuid);
// A table "s" with one column "seq": 1 to `count`. (A recursive query ends at 1,000 on both servers.)
std::string series(std::int64_t count);
// 16 bytes that follow from the value of an SQL expression, as one.
std::string id_of(const std::string& expression);
// True if the instance under test runs on MySQL, and not on MariaDB.
bool on_mysql();
// A value of SHOW GLOBAL STATUS.
std::int64_t status_value(const std::string& name);
std::string literal(std::string_view text);

// Returns the server's error number that `sql` meets on this connection, 0 if it succeeds, -1 if the service
// would take it for an outage. A write is not kept.
int error_of(db::Connection& connection, const std::string& sql);

// Every base table's rows, counted and summed up. Left out is what moves by itself or by being asked: the
// courier's columns of the outbox and of deliveries, counters of failed sign-ins and what is written down
// about them, when keys were used, records of sweeps, what hosts tell one another.
class Snapshot {
 public:
  static Snapshot take();
  // One line for each table that differs; "" if none does.
  std::string difference(const Snapshot& later) const;

 private:
  std::map<std::string, std::string> tables_;
};

// The database must not change while this lives, as often as one asks. Nobody else uses the instance
// meanwhile.
class Unchanged {
 public:
  Unchanged() : before_(Snapshot::take()) {}
  // Throws if the database differs from what it was.
  void check(const std::string& after_what, const std::source_location& at = std::source_location::current());

 private:
  Alone alone_;
  Snapshot before_;
};

}  // namespace tenantd::test
