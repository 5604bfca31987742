#include "support/redis_server.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "support/check.hpp"
#include "support/processes.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::test {

RedisServer::RedisServer(std::vector<std::string> options)
    : dir_("/tmp/tenantd-redis-XXXXXX"), options_(std::move(options)) {
  require(::mkdtemp(dir_.data()) != nullptr, "no folder");
  start();
}

RedisServer::~RedisServer() {
  if (server_) ::kill(server_->pid(), SIGCONT);
  server_.reset();
  std::filesystem::remove_all(dir_);
}

void RedisServer::start() {
  std::vector<std::string> command = {
      "redis-server", "--port",       "0",  "--unixsocket", socket(), "--save", "", "--dir",
      dir_,           "--appendonly", "no", "--daemonize",  "no"};
  command.insert(command.end(), options_.begin(), options_.end());
  server_.emplace("redis", command);
  wait_until("Redis answers", [&] {
    server_->must_live();
    const auto said = run_program({"redis-cli", "-s", socket(), "ping"}).output;
    return said.starts_with("PONG") || said.starts_with("NOAUTH");
  });
}

std::string RedisServer::ask(std::vector<std::string> command) const {
  command.insert(command.begin(), {"redis-cli", "-s", socket()});
  const auto done = run_program(command);
  require_equal(done.status, 0, done.output);
  return std::string{trim(done.output)};
}

std::vector<std::string> RedisServer::channels() const {
  std::vector<std::string> names;
  const auto listed = ask({"pubsub", "channels", "tenantd:*"});
  for (const auto line : split(listed, '\n')) {
    const auto name = trim(line).substr(std::string_view{"tenantd:"}.size());
    if (name.find(':') == std::string_view::npos) names.emplace_back(name);
  }
  return names;
}

void RedisServer::signal(int signal) const { ::kill(server_->pid(), signal); }

void RedisServer::kill() {
  signal(SIGKILL);
  server_.reset();
}

}  // namespace tenantd::test
