// Rung by any process of this host, heard by the one that waits for it: made by the master before it forks.
#pragma once

namespace tenantd::shm {

class Bell {
 public:
  // Throws std::runtime_error.
  Bell();
  ~Bell();
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  void ring() const noexcept;
  // Can be read while it rings.
  int fd() const { return fd_; }
  // Ends the ringing. True if it rang.
  static bool silence(int fd) noexcept;

 private:
  int fd_;
};

}  // namespace tenantd::shm
