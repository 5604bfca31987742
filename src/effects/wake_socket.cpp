#include "tenantd/effects/wake_socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace tenantd::service {
namespace {

Descriptor open_socket() {
  return Descriptor{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
}

bool answers(const sockaddr_un& address) {
  const auto probe = open_socket();
  return probe && ::connect(probe.get(), generic(address), sizeof address) == 0;
}

}  // namespace

WakeSocket::WakeSocket(const std::string& path) : path_(path) {
  if (path.empty()) return;
  check_wake_socket(path);
  const auto address = unix_address(path);
  if (answers(*address)) return;
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) ::unlink(path.c_str());
  socket_ = open_socket();
  // Closed to others until the mode is set.
  const bool made = socket_ && ::fchmod(socket_.get(), 0600) == 0 &&
                    ::bind(socket_.get(), generic(*address), sizeof *address) == 0 &&
                    ::chmod(path.c_str(), 0660) == 0;
  if (made) return;
  throw std::runtime_error("The socket " + path + " cannot be made: " + std::strerror(errno));
}

WakeSocket::~WakeSocket() {
  if (bound()) ::unlink(path_.c_str());
}

bool WakeSocket::wait(std::chrono::milliseconds longest) const {
  pollfd watched{socket_.get(), POLLIN, 0};  // poll ignores a negative descriptor
  if (::poll(&watched, 1, static_cast<int>(longest.count())) <= 0) return false;
  silence(socket_.get());
  return true;
}

void check_wake_socket(const std::string& path) {
  if (!path.empty() && !unix_address(path))
    throw std::runtime_error("The socket's path is too long: " + path);
}

bool somebody_listens(const std::string& path) {
  const auto address = unix_address(path);
  return address && answers(*address);
}

void silence(int fd) noexcept {
  char ring = 0;
  while (::recv(fd, &ring, sizeof ring, MSG_DONTWAIT) >= 0) {
  }
}

void ring(const std::string& path) noexcept {
  const auto address = unix_address(path);
  if (!address) return;
  const auto from = open_socket();
  [[maybe_unused]] const auto sent =
      ::sendto(from.get(), "!", 1, MSG_NOSIGNAL, generic(*address), sizeof *address);
}

}  // namespace tenantd::service
