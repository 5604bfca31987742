// Invitations by several clients at once while something happens to the database. Each reply is 201, or an
// honest 503 with Retry-After: anything else is a fault.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/api_client.hpp"

namespace tenantd::test {

class InvitationLoad {
 public:
  static constexpr int kThreads = 3;

  // `client`: one that may invite; one for each thread.
  explicit InvitationLoad(std::function<Client()> client);
  ~InvitationLoad();

  // Waits until so many more are acknowledged.
  void wait_for(int more);
  void stop();

  // What the addresses begin with.
  const std::string& stem() const { return stem_; }
  int acknowledged() const;
  int refused() const { return refused_; }
  // Between the first reply of 503 and the last, in milliseconds.
  std::int64_t refusing() const;
  // The longest time between two replies of 201, in milliseconds.
  std::int64_t longest_gap() const;
  // How many of those that were acknowledged `has` does not find.
  int missing(const std::function<bool(const std::string& email)>& has) const;
  // Prints the figures to the test's log.
  void say(const char* what) const;

 private:
  void invite();
  void note(const std::string& email, const Response& reply);
  std::string fault() const;

  std::function<Client()> client_;
  std::string stem_;
  mutable std::mutex mutex_;
  std::vector<std::string> emails_;
  std::string fault_;
  std::int64_t last_us_ = 0, longest_gap_us_ = 0, first_refused_us_ = 0, last_refused_us_ = 0;
  std::atomic<int> next_{0}, refused_{0};
  std::atomic<bool> stop_{false};
  std::vector<std::jthread> threads_;
};

}  // namespace tenantd::test
