#include "support/listener.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/check.hpp"

namespace tenantd::test {

Listener::Listener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  require(fd_ >= 0 && ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
              ::listen(fd_, 8) == 0,
          "no port to listen on");
}

Listener::~Listener() { ::close(fd_); }

std::string Listener::url() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  require(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
  return "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

bool Listener::was_knocked_at(int milliseconds) const {
  pollfd entry{fd_, POLLIN, 0};
  return ::poll(&entry, 1, milliseconds) > 0;
}

}  // namespace tenantd::test
