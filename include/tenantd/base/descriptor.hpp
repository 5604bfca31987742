// The owner of a file descriptor, and addresses of Unix sockets.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tenantd {

// Closes what it holds; errno is as it was. -1 is none.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset(std::exchange(other.fd_, -1));
    return *this;
  }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset(int fd = -1) noexcept;

 private:
  int fd_;
};

// open(2), closed at exec; -1 with errno if it fails.
Descriptor open_file(const std::string& path, int flags, mode_t mode = 0);

// Writes all of it, whatever a single write takes. False, with errno, if that fails.
bool write_all(const Descriptor& file, std::string_view bytes);

// Returns the address, or nullopt for a path that is empty or longer than 107 bytes.
std::optional<sockaddr_un> unix_address(const std::string& path);
// As the calls of the system take it; `address` outlives the result.
inline const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

}  // namespace tenantd
