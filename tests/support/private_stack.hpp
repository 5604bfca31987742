// An instance of its own for a test that breaks it: database, workers, courier and nginx in a folder and on a
// port of their own, gone when the test ends.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "support/api_client.hpp"
#include "support/processes.hpp"
#include "tenantd/db/connection.hpp"

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
  const std::string& url() const { return url_; }

  // From here on this test's clients, database and mailbox are this instance's. Before the first use of them.
  void take_the_suites_place() const;
  // Lets nginx know these directives of a server too, and waits until `holds`.
  void extend_nginx(const std::string& directives, const std::function<bool()>& holds) const;
  // nginx believes what 127.0.0.1 says in X-Forwarded-For.
  void trust_local_proxy() const;

  // The administrator's account of its database, with the base tables' schema.
  db::ConnectOptions database() const;
  // Runs one of its programs ("tenantctl") with the settings that its services were started with.
  Finished run(const std::string& command) const;
  // Stops all of it, and starts it again on the same folder.
  void restart();

  void signal_database(int signal) const;
  // Kills it as a power cut would, and waits until it is gone.
  void kill_database();
  // Starts it again as it was, and waits until it answers.
  void restart_database();

 private:
  void start();
  void stop() noexcept;

  std::string dir_;
  std::string url_;
  std::vector<std::string> environment_;
  std::vector<std::string> database_command_;
};

}  // namespace tenantd::test
