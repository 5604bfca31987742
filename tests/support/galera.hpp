// Three nodes of a Galera cluster on 127.0.0.1, with a copy of a private stack's data.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/background.hpp"
#include "support/two_databases.hpp"
#include "tenantd/db/connection.hpp"

namespace tenantd::test {

// Whether the library is installed that makes MariaDB a node.
bool has_galera();

class Cluster {
 public:
  static constexpr std::size_t kNodes = 3;

  // Kills the stack's database for a moment, to copy its data.
  explicit Cluster(NetworkedDatabase& origin);
  ~Cluster();

  // "127.0.0.1:1,127.0.0.1:2,127.0.0.1:3", from this node on.
  std::string hosts(std::size_t first = 0) const;
  // As the administrator.
  db::ConnectOptions node(std::size_t number) const;
  std::int64_t number_in(std::size_t number, const std::string& query) const;
  void tell(std::size_t number, const std::string& statement) const;
  void kill(std::size_t number);

 private:
  struct Place {
    std::string dir;
    int port, group, whole, missing;  // ports: of clients, of the cluster, of transfers of a state
    std::unique_ptr<Background> server;
  };
  void open_to_rsync() const;
  void write_options(const Place& place, const std::string& group) const;
  void start(std::size_t number, const std::string& group);
  bool is_ready(std::size_t number) const;

  std::string dir_;
  std::string user_;
  std::vector<std::string> options_;  // of the stack's own server
  std::vector<Place> places_;
};

}  // namespace tenantd::test
