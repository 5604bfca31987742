// An alarm bell: a datagram socket on which whoever has left work for another process says "look now". The
// courier has one for mails, the sweeper one for requests. Losing a ring loses nothing but time, since both
// also look by themselves.
#pragma once

#include <chrono>
#include <string>

#include "tenantd/base/descriptor.hpp"

namespace tenantd::service {

class WakeSocket {
 public:
  // Binds `path` with mode 0660; one left behind by a dead process is replaced. If another process lives on
  // it, or `path` is empty, this one has no bell and wait() just waits. Throws std::runtime_error with one
  // sentence if the socket cannot be made.
  explicit WakeSocket(const std::string& path);
  ~WakeSocket();
  WakeSocket(const WakeSocket&) = delete;
  WakeSocket& operator=(const WakeSocket&) = delete;

  bool bound() const { return bool{socket_}; }

  // Returns at a ring, at a signal, or after `longest`; true if it rang. Rings that have piled up count as
  // one.
  bool wait(std::chrono::milliseconds longest) const;
  // True if it has rung since the last look.
  bool rang() const { return bound() && wait(std::chrono::milliseconds{0}); }

 private:
  std::string path_;
  Descriptor socket_;
};

// Rings. Never blocks and never fails: with nobody there it does nothing.
void ring(const std::string& path) noexcept;
inline void wake_courier(const std::string& path) noexcept { ring(path); }

// Throws std::runtime_error with one sentence if no WakeSocket can be at `path`: it is too long.
void check_wake_socket(const std::string& path);

// True if a ring would be heard.
bool somebody_listens(const std::string& path);
// Takes the rings that wait on a socket that systemd has passed, so that they count as one.
void silence(int fd) noexcept;

}  // namespace tenantd::service
