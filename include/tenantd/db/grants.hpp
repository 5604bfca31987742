// What the service's accounts may do: sql/grants.sql says what is wanted, the server what is granted.
// `migrate` makes the second equal to the first, and `doctor` compares.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/config/settings.hpp"
#include "tenantd/db/connection.hpp"

namespace tenantd::db {

// One privilege on one thing, or on one column of it.
struct Grant {
  std::string privilege;  // "SELECT", or "ROLE" for a role that is held
  std::string kind;       // "PROCEDURE", "FUNCTION", or empty for tables and views
  std::string object;     // "tenantd_app.user", "tenantd.*", "*.*"; a role's name
  std::string column;     // empty: the whole object
  auto operator<=>(const Grant&) const = default;

  // "UPDATE (name) ON tenantd_app.user"
  std::string text() const;
};
using Grants = std::set<Grant>;

// Returns what one GRANT statement gives, as it stands in grants.sql or as SHOW GRANTS prints it; USAGE is
// nothing. Throws std::runtime_error for a statement that it cannot read.
Grants parse_grant(std::string_view statement);

// The service's accounts: the name in grants.sql ("app"), the account of the settings, and its 'user'@'host'.
struct ServiceAccount {
  std::string_view name;
  const std::string& user;
  const Secret& password;
  std::string account;
};
std::vector<ServiceAccount> service_accounts(const Settings& settings);

// Returns what grants.sql in SQL_DIR wants for the account named so there. Throws std::runtime_error if the
// file cannot be read.
Grants wanted_grants(const Settings& settings, std::string_view name);

// Returns what the server grants. `account` is 'user'@'host', or empty for the connection's own, which
// anybody may ask.
Grants granted(Connection& db, const std::string& account);

// What is in `all` and not in `some`, as a sentence's list of at most five; empty if there is nothing.
std::string difference_text(const Grants& all, const Grants& some);

}  // namespace tenantd::db
