// A private stack whose database listens on a port, another server with a copy of its data beside it, and a
// host that is given both in DB_HOST. Nothing replicates: what a test finds in a server was written there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "support/background.hpp"
#include "support/loopback.hpp"
#include "support/private_stack.hpp"
#include "support/second_host.hpp"
#include "tenantd/db/connection.hpp"

namespace tenantd::test {

// What a process was started with.
std::vector<std::string> command_line(pid_t pid);

class NetworkedDatabase {
 public:
  // Its service's accounts sign in from 127.0.0.1 with the passwords of the stack. `options`: of the server.
  explicit NetworkedDatabase(const std::string& options = "");

  PrivateStack& stack() { return stack_; }
  const PrivateStack& stack() const { return stack_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  int port() const { return port_; }

 private:
  int port_;
  PrivateStack stack_;
};

class TwoDatabases {
 public:
  // `settings`: of the host. An account signs up before the data is copied.
  explicit TwoDatabases(const std::vector<std::string>& settings = {});
  ~TwoDatabases();

  SecondHost& host() { return *host_; }
  // Its owner, whom both databases know.
  const Account& owner() const { return owner_; }
  Client client() const { return host_->client(owner_); }
  // Runs a program of the service with the host's settings.
  Finished run(const std::string& command) const;

  PrivateStack& first() { return first_.stack(); }
  // What each server has: the first column of the first row.
  std::int64_t in_first(const std::string& query) const;
  std::int64_t in_second(const std::string& query) const;
  // As the first one's administrator, or the second one's.
  void tell_first(const std::string& statement) const;
  void tell_second(const std::string& statement) const;

 private:
  void copy_data();
  void start_second();
  std::string hosts() const;
  db::ConnectOptions second() const;

  NetworkedDatabase first_;
  Account owner_;
  std::string dir_;  // of the second
  int port_;
  std::optional<Background> second_;
  std::optional<SecondHost> host_;
};

}  // namespace tenantd::test
