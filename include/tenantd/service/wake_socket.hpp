// The courier's alarm bell: a datagram socket on which whoever enqueued a mail says "look now".
// Losing a ring loses nothing but a second, since the courier also looks by itself.
#pragma once

#include <chrono>
#include <string>

namespace tenantd::service {

class WakeSocket {
 public:
  // Binds `path` with mode 0660; one left behind by a dead courier is replaced. If another courier lives on
  // it, or `path` is empty, this one has no bell and wait() just waits. Throws std::runtime_error with one
  // sentence if the socket cannot be made.
  explicit WakeSocket(const std::string& path);
  ~WakeSocket();
  WakeSocket(const WakeSocket&) = delete;
  WakeSocket& operator=(const WakeSocket&) = delete;

  bool bound() const { return fd_ >= 0; }

  // Returns at a ring, at a signal, or after `longest`. Rings that have piled up count as one.
  void wait(std::chrono::milliseconds longest) const;

 private:
  std::string path_;
  int fd_ = -1;
};

// Rings. Never blocks and never fails: with nobody there it does nothing.
void wake_courier(const std::string& path) noexcept;

}  // namespace tenantd::service
