#include "support/loopback.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/check.hpp"

namespace tenantd::test {

sockaddr_in loopback(int port, const std::string& address) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<std::uint16_t>(port));
  require(::inet_pton(AF_INET, address.c_str(), &at.sin_addr) == 1, "no address: " + address);
  return at;
}

int bind_to_loopback(int socket, const std::string& address) {
  auto at = loopback(0, address);
  socklen_t size = sizeof at;
  require(::bind(socket, reinterpret_cast<const sockaddr*>(&at), size) == 0 &&
              ::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size) == 0,
          "no port of " + address + " is free");
  return ntohs(at.sin_port);
}

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int port = bind_to_loopback(fd);
  ::close(fd);
  return port;
}

}  // namespace tenantd::test
