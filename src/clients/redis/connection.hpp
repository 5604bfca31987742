// One connection to Redis that never waits. libcurl connects, by TLS where it is asked for; hiredis writes
// and reads what goes over it.
#pragma once

#include <poll.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/clients/redis.hpp"

struct redisReply;

namespace tenantd::service {

// It is over: the connection failed, or the server refused a command. Says why.
struct RedisError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class RedisConnection {
 public:
  // Signs in as soon as it is connected.
  explicit RedisConnection(const RedisOptions& options);
  ~RedisConnection();

  // Queues a command; dropped if much waits already.
  void send(const std::vector<std::string_view>& command);
  // Connects, writes and reads as far as that goes now, and hands each reply to `take`. Throws RedisError.
  void turn(const std::function<void(const redisReply&)>& take);
  void watch(std::vector<pollfd>& into) const;

 private:
  void connect();
  void write();
  void read(const std::function<void(const redisReply&)>& take);

  struct Handles;
  std::unique_ptr<Handles> handles_;
  const bool is_local_;  // libcurl would name a host that nobody asked for
  bool is_connected_ = false;
  int fd_ = -1;
  std::string out_;
};

}  // namespace tenantd::service
