// A database for tests of db/ alone: a schema of its own with the procedures that Txn calls, on the instance
// under test if there is one, else on a MariaDB that is started here and gone afterwards.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "tenantd/db/connection.hpp"

namespace tenantd::test {

class PrivateMariadb {
 public:
  // Throws if it cannot be had.
  PrivateMariadb();
  ~PrivateMariadb();
  PrivateMariadb(const PrivateMariadb&) = delete;
  PrivateMariadb& operator=(const PrivateMariadb&) = delete;

  // The administrator's account, in the schema. A statement takes at most `timeout_seconds`.
  db::ConnectOptions options(int timeout_seconds = 10) const;
  // A connection beside those under test.
  db::Connection& side() { return *side_; }
  // The first column of the first row that `sql` finds.
  std::int64_t number_of(const std::string& sql);

 private:
  class Server;
  std::unique_ptr<Server> server_;  // none on the instance under test
  std::string socket_;
  std::string user_;
  std::string schema_;
  std::unique_ptr<db::Connection> side_;
};

}  // namespace tenantd::test
