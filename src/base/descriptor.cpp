#include "tenantd/base/descriptor.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

namespace tenantd {

void Descriptor::reset(int fd) noexcept {
  const int error = errno;
  if (fd_ >= 0) ::close(fd_);
  errno = error;
  fd_ = fd;
}

Descriptor open_file(const std::string& path, int flags, mode_t mode) {
  return Descriptor{::open(path.c_str(), flags | O_CLOEXEC, mode)};
}

bool write_all(const Descriptor& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

std::optional<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

}  // namespace tenantd
