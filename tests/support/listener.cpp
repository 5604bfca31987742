#include "support/listener.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/check.hpp"
#include "support/loopback.hpp"

namespace tenantd::test {

Listener::Listener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  port_ = bind_to_loopback(fd_);
  require(::listen(fd_, 8) == 0, "no port to listen on");
}

Listener::~Listener() { ::close(fd_); }

std::string Listener::url() const { return "http://127.0.0.1:" + std::to_string(port_); }

bool Listener::was_knocked_at(int milliseconds) const {
  pollfd entry{fd_, POLLIN, 0};
  return ::poll(&entry, 1, milliseconds) > 0;
}

}  // namespace tenantd::test
