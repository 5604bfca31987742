// SQL as text, for what no prepared statement can say: files of statements (split_statements is for tests
// too, and declared in migrate.hpp), and accounts.
#pragma once

#include <string>
#include <string_view>

#include "tenantd/config/settings.hpp"
#include "tenantd/db/migrate.hpp"

namespace tenantd::db {

// The whole file. Throws std::runtime_error that names it.
std::string read_file(const std::string& path);

// The statements of the file. One that says {{resource}} stands for as many as there are described lists;
// {{roles with stats:read}} stands for the names of the system roles that hold the permission.
// Throws as read_file().
std::vector<std::string> read_statements(const std::string& path);

std::string replace_all(std::string text, const std::string& from, const std::string& to);

std::string quote(std::string_view text);

// 'user'@'host' of an account of the service: local unless the database is reached over the network.
std::string account_name(const Settings& settings, const std::string& user);

}  // namespace tenantd::db
