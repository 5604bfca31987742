// Listening sockets: systemd's where it passes one of the lane's name, else our own.
#pragma once

#include <string>
#include <vector>

#include "tenantd/base/descriptor.hpp"
#include "tenantd/proc/supervisor.hpp"

namespace tenantd::proc {

// One lane's socket. When it goes, it removes the file if it is still the one that was made here.
class Listener {
 public:
  // Listens at `path`: mode 0660, a stale file is replaced. Throws as supervise() does.
  explicit Listener(const std::string& path);
  // Listens nowhere: fd() is -1.
  Listener() = default;
  // Takes systemd's descriptor.
  explicit Listener(int inherited);
  ~Listener();
  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&&) = delete;
  Listener(const Listener&) = delete;

  int fd() const { return socket_.get(); }
  // For a worker: from now on the file is another process's to remove.
  void forget_file() { path_.clear(); }

 private:
  Descriptor socket_;
  std::string path_;  // empty: not ours
  unsigned long inode_ = 0;
};

// Returns one listener a lane, in their order. Takes LISTEN_FDS out of the environment.
std::vector<Listener> open_listeners(const std::vector<Lane>& lanes);

}  // namespace tenantd::proc
