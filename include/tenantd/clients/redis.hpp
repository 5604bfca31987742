// Redis as the channel between hosts (hosts/channel.hpp): each message is published, and comes to all hosts
// that have subscribed. Nothing is stored there, so that there is nothing to be lost, wiped or believed.
//
// Two connections, one that hears and one that says. Once a second what is said must come back; if it does
// not, both are given up, and are tried again a second later. No call waits.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tenantd/base/secret.hpp"
#include "tenantd/config/settings.hpp"
#include "tenantd/hosts/channel.hpp"
#include "tenantd/shm/metrics.hpp"

namespace tenantd::service {

struct RedisOptions {
  std::string socket;  // a path; else host and port
  std::string host;
  int port = 6379;
  bool tls = false;  // verified, by the host's name; never without
  std::string ca;    // file; empty = the system's
  std::string user;
  Secret password;
  // "redis.example.com:6379, encrypted": names no secret.
  std::string describe() const;
};

// By REDIS_URL; nullopt if it is empty. Throws ConfigError with a sentence that holds no password.
std::optional<RedisOptions> redis_options(const Settings& settings);

class RedisConnection;

class RedisChannel final : public hosts::Channel {
 public:
  // `name`: of this deployment, which may share the server with others. Its ups and downs go to the log
  // unless it is quiet.
  enum class Log { loud, quiet };
  RedisChannel(RedisOptions options, const std::string& name, shm::Metrics& metrics, Log log = Log::loud);
  ~RedisChannel() override;

  std::vector<std::string> turn() override;
  void publish(std::string_view message) override;
  bool is_up() const override;
  void watch(std::vector<pollfd>& into) override;
  // Why it is not up; empty if it never failed.
  const std::string& fault() const { return fault_; }

 private:
  void open();
  void drive(std::vector<std::string>& messages);
  void beat();
  void came_back(std::string_view text);
  void give_up(const std::string& why);

  const RedisOptions options_;
  const std::string channel_, own_channel_;
  shm::Metrics& metrics_;
  const Log log_;
  std::unique_ptr<RedisConnection> hears_, says_;
  int subscriptions_ = 0;
  std::int64_t opened_us_ = 0, retry_at_us_ = 0;
  std::int64_t beat_us_ = 0;    // when what should come back was said
  bool is_awaited_ = false;     // it has not come back yet
  bool has_come_back_ = false;  // since it was connected
  std::string fault_, told_fault_;
};

// Connects as a host would, and hears itself. Returns the time that took, in microseconds; throws
// std::runtime_error with a sentence if it did not within two seconds.
std::int64_t probe_redis(const RedisOptions& options);

}  // namespace tenantd::service
