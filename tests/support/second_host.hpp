// Another host of a private stack's database: a tenantd of its own behind an nginx of its own, with the same
// settings and keys.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "support/background.hpp"
#include "support/own_nginx.hpp"
#include "support/private_stack.hpp"

namespace tenantd::test {

// The process of the host with this master that reads of the others' writes; 0 if none runs.
pid_t poller_of(pid_t master);
// Waits until the host trusts what it remembers: the address answers without reading the session.
void wait_until_trusting(const std::string& url);
// A sample of the host's metrics.
std::int64_t metric(const std::string& url, const std::string& name);

class SecondHost {
 public:
  // `own`: its sockets come and go with it. `kept`: as systemd does, somebody else holds them, so that
  // whoever calls meanwhile waits.
  enum class Sockets { own, kept };
  // `settings`: KEY=value. Returns once it answers.
  explicit SecondHost(const PrivateStack& stack, const std::vector<std::string>& settings = {},
                      Sockets sockets = Sockets::own);
  ~SecondHost();

  const std::string& url() const { return url_; }
  Client client() const { return Client{url_}; }
  Client client(const Account& account) const;
  pid_t master() const { return tenantd_->pid(); }
  // SIGSTOP or SIGCONT to all its processes.
  void signal_all(int signal) const;
  void kill();
  void stop();     // by SIGTERM, and waits
  void restart();  // stops it, starts it as it was, and returns once it answers

 private:
  void start();

  std::string dir_;
  std::vector<std::string> command_;
  std::array<int, 3> kept_{-1, -1, -1};
  std::optional<Background> tenantd_;
  std::optional<OwnNginx> nginx_;
  std::string url_;
};

}  // namespace tenantd::test
