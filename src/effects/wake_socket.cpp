#include "tenantd/effects/wake_socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace tenantd::service {
namespace {

std::optional<sockaddr_un> make_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

const sockaddr* generic(const sockaddr_un& address) { return reinterpret_cast<const sockaddr*>(&address); }

int open_socket() { return ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

bool answers(const sockaddr_un& address) {
  const int probe = open_socket();
  const bool answered = probe >= 0 && ::connect(probe, generic(address), sizeof address) == 0;
  if (probe >= 0) ::close(probe);
  return answered;
}

}  // namespace

WakeSocket::WakeSocket(const std::string& path) : path_(path) {
  if (path.empty()) return;
  const auto address = make_address(path);
  if (!address) throw std::runtime_error("The socket's path is too long: " + path);
  if (answers(*address)) return;
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) ::unlink(path.c_str());
  fd_ = open_socket();
  // Closed to others until the mode is set.
  const bool made = fd_ >= 0 && ::fchmod(fd_, 0600) == 0 &&
                    ::bind(fd_, generic(*address), sizeof *address) == 0 && ::chmod(path.c_str(), 0660) == 0;
  if (made) return;
  const std::string why = std::strerror(errno);
  if (fd_ >= 0) ::close(fd_);
  throw std::runtime_error("The socket " + path + " cannot be made: " + why);
}

WakeSocket::~WakeSocket() {
  if (fd_ < 0) return;
  ::unlink(path_.c_str());
  ::close(fd_);
}

bool WakeSocket::wait(std::chrono::milliseconds longest) const {
  pollfd watched{fd_, POLLIN, 0};  // poll ignores a negative descriptor
  if (::poll(&watched, 1, static_cast<int>(longest.count())) <= 0) return false;
  silence(fd_);
  return true;
}

bool somebody_listens(const std::string& path) {
  const auto address = make_address(path);
  return address && answers(*address);
}

void silence(int fd) noexcept {
  char ring = 0;
  while (::recv(fd, &ring, sizeof ring, MSG_DONTWAIT) >= 0) {
  }
}

void ring(const std::string& path) noexcept {
  const auto address = make_address(path);
  if (!address) return;
  const int fd = open_socket();
  if (fd < 0) return;
  [[maybe_unused]] const auto sent = ::sendto(fd, "!", 1, MSG_NOSIGNAL, generic(*address), sizeof *address);
  ::close(fd);
}

}  // namespace tenantd::service
