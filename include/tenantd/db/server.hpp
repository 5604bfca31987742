// Where the database is and how it is reached: what the settings say, for every account alike.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tenantd/config/settings.hpp"
#include "tenantd/db/connection.hpp"

namespace tenantd::db {

struct Host {
  std::string name;  // or an address, without brackets
  int port;
  friend bool operator==(const Host&, const Host&) = default;
};

// Returns the hosts of "db1,db2:3307,[::1]:3308" in order, with `port` where none is named. Throws
// ConfigError that names DB_HOST for anything else.
std::vector<Host> parse_hosts(std::string_view list, int port);

// "localhost", 127.0.0.0/8, ::1: what is sent there crosses no network.
bool is_this_machine(const Host& host);

// Throws ConfigError if DB_HOST cannot be read, names another machine that would be asked without TLS
// (DB_PLAINTEXT), or if a file of DB_TLS_* cannot be read or is half of a pair.
void check_server(const Settings& settings);

// How `user` reaches the database of the settings. A statement may take REQUEST_SECONDS.
ConnectOptions connect_options(const Settings& settings, const std::string& user, const Secret& password,
                               const std::string& schema);

}  // namespace tenantd::db
