// An instance of its own for a test that breaks it: database, workers, courier and nginx in a folder and on a
// port of their own, gone when the test ends.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "support/api_client.hpp"

namespace tenantd::test {

class PrivateStack {
 public:
  // `settings`: KEY=value lines besides those of the suite.
  explicit PrivateStack(std::vector<std::string> settings = {});
  ~PrivateStack();
  PrivateStack(const PrivateStack&) = delete;
  PrivateStack& operator=(const PrivateStack&) = delete;

  Client client() const { return Client{url_}; }
  const std::string& dir() const { return dir_; }

  void signal_database(int signal) const;
  // Kills it as a power cut would, and waits until it is gone.
  void kill_database();
  // Starts it again as it was, and waits until it answers.
  void restart_database();

 private:
  void stop() noexcept;

  std::string dir_;
  std::string url_;
  std::vector<std::string> environment_;
  std::vector<std::string> database_command_;
};

}  // namespace tenantd::test
