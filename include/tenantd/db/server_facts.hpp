// What a database server says of itself, and whether it is one to write to.
#pragma once

#include <map>
#include <string>

#include "tenantd/db/engine.hpp"

namespace tenantd::db {

struct ServerFacts {
  Engine engine = Engine::mariadb;
  std::string version;  // "10.11.14-MariaDB-0+deb12u2"
  // "db1:3306": by which hosts compare where they write. A node's name in its cluster, else the machine's.
  std::string name;
  std::string address;      // as DB_HOST names it, with its port, or the socket
  bool is_cluster = false;  // a node of Galera's
  bool is_read_only = false;
  // Why it is not to be written to, as the end of a sentence that begins with its name; empty = it is.
  std::string fault;

  // "10.11.14-MariaDB, node db1:3306 of a Galera cluster, read-only"
  std::string describe() const;
};

// What the server's variables and status say, by their names. `status` matters for a cluster's node alone.
ServerFacts facts_of(const std::string& version, const std::map<std::string, std::string>& variables,
                     const std::map<std::string, std::string>& status);

}  // namespace tenantd::db
