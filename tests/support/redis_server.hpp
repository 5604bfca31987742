// A Redis of a test's own, in a folder that goes with it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "support/background.hpp"

namespace tenantd::test {

class RedisServer {
 public:
  // On a Unix socket; `options` as on redis-server's command line. Returns once it answers.
  explicit RedisServer(std::vector<std::string> options = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  std::string socket() const { return dir_ + "/redis.sock"; }
  std::string url() const { return "unix://" + socket(); }
  // What it answers to a command. Throws if there is no answer.
  std::string ask(std::vector<std::string> command) const;
  // The channels of hosts, each by the name that it has behind "tenantd:".
  std::vector<std::string> channels() const;

  void signal(int signal) const;
  void kill();
  void start();

 private:
  std::string dir_;
  std::vector<std::string> options_;
  std::optional<Background> server_;
};

}  // namespace tenantd::test
