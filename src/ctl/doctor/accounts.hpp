// The database as doctor reaches it: one connection for each account that lets it in.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tenantd/config/settings.hpp"
#include "tenantd/db/connection.hpp"
#include "tenantd/db/grants.hpp"

namespace tenantd::ctl {

class Accounts {
 public:
  explicit Accounts(const Settings& settings);

  // "app", "sweeper", "courier", "reporter": as grants.sql names them.
  const std::vector<db::ServiceAccount>& services() const { return services_; }
  // The connection of a service's account, or of "administrator". Opened once. Throws as db::Connection.
  db::Connection& of(const std::string& name);
  bool lets_in(const std::string& name) noexcept;
  // The first of these that lets doctor in. Throws Unchecked if none does.
  db::Connection& any_of(std::initializer_list<const char*> names);
  // True if the account has no password, and is another one than the system's user who runs this.
  bool is_of_another_user(const std::string& name) const;
  const std::string& user_of(const std::string& name) const;

 private:
  const Settings& settings_;
  std::vector<db::ServiceAccount> services_;
  std::map<std::string, std::unique_ptr<db::Connection>> open_;
  std::map<std::string, std::exception_ptr> refused_;
};

// How long ago this database was made, in seconds.
std::int64_t age_of_database(Accounts& accounts);

}  // namespace tenantd::ctl
