// A server on a loopback port that only notices whether anybody knocks.
#pragma once

#include <string>

namespace tenantd::test {

class Listener {
 public:
  Listener();
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // "http://127.0.0.1:PORT"
  std::string url() const;
  // True if a connection came, at the latest after `milliseconds`.
  bool was_knocked_at(int milliseconds) const;

 private:
  int fd_;
  int port_ = 0;
};

}  // namespace tenantd::test
