// The database's own programs, as the administrator: one dumps, one loads.
#pragma once

#include <string>
#include <vector>

#include "tenantd/config/settings.hpp"
#include "tenantd/db/connection.hpp"

namespace tenantd::ctl {

class DatabaseClient {
 public:
  // Writes what the programs are told (address, account, password) to a file in `dir` that only this user
  // reads, gone with this object. `db` says which server it is, of several. Throws std::runtime_error if the
  // file cannot be written.
  DatabaseClient(const Settings& settings, db::Connection& db, const std::string& dir);
  ~DatabaseClient();
  DatabaseClient(const DatabaseClient&) = delete;
  DatabaseClient& operator=(const DatabaseClient&) = delete;

  // The schema with its routines and triggers, as of one moment. `position`: with where the binary log stands
  // then. Throws std::runtime_error if the program is not installed.
  std::vector<std::string> dump(const std::string& schema, bool position) const;
  std::vector<std::string> load(const std::string& schema) const;

 private:
  std::string path_;
  bool mysql_;
};

}  // namespace tenantd::ctl
