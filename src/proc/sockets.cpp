#include "sockets.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace tenantd::proc {
namespace {

// A full backlog answers EAGAIN at once and nginx turns that into 502. The kernel bounds it by
// net.core.somaxconn.
constexpr int kBacklog = 4096;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error{errno, std::generic_category(), what};
}

struct sockaddr_un address_of(const std::string& path) {
  const auto address = unix_address(path);
  if (!address) throw std::runtime_error{"the socket path '" + path + "' is empty or longer than 107 bytes"};
  return *address;
}

Descriptor stream_socket() {
  Descriptor made{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!made) fail("socket");
  return made;
}

// A refused connection is the sign that nobody listens; a full backlog answers EAGAIN and is somebody.
bool anybody_answers(const struct sockaddr_un& address) {
  const auto probe = stream_socket();
  return ::connect(probe.get(), generic(address), sizeof address) == 0 || errno != ECONNREFUSED;
}

void remove_stale(const std::string& path, const struct sockaddr_un& address) {
  struct stat status = {};
  if (::lstat(path.c_str(), &status) != 0) return;
  if (!S_ISSOCK(status.st_mode)) throw std::runtime_error{path + " exists and is not a socket"};
  if (anybody_answers(address)) throw std::runtime_error{"another tenantd runs: it answers on " + path};
  if (::unlink(path.c_str()) != 0) fail("unlink " + path);
}

unsigned long inode_of(const std::string& path) {
  struct stat status = {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

// Returns systemd's sockets by their FileDescriptorName.
std::map<std::string, int> passed_sockets() {
  char** names = nullptr;
  const int count = sd_listen_fds_with_names(1, &names);
  std::map<std::string, int> sockets;
  for (int i = 0; i < count; ++i) {
    const int fd = SD_LISTEN_FDS_START + i;
    if (sd_is_socket_unix(fd, SOCK_STREAM, 1, nullptr, 0) > 0) sockets.emplace(names[i], fd);
    std::free(names[i]);
  }
  std::free(names);
  return sockets;
}

}  // namespace

Listener::Listener(const std::string& path) : socket_(stream_socket()) {
  const auto address = address_of(path);
  remove_stale(path, address);
  const mode_t before = ::umask(0117);
  const int bound = ::bind(fd(), generic(address), sizeof address);
  ::umask(before);
  if (bound != 0 || ::listen(fd(), kBacklog) != 0) fail("cannot listen on " + path);
  path_ = path;
  inode_ = inode_of(path);
}

Listener::Listener(int inherited) : socket_(inherited) {
  const int flags = ::fcntl(fd(), F_GETFL);
  if (flags < 0 || ::fcntl(fd(), F_SETFL, flags | O_NONBLOCK) != 0) fail("fcntl");
}

Listener::Listener(Listener&& other) noexcept
    : socket_(std::move(other.socket_)), path_(std::exchange(other.path_, {})), inode_(other.inode_) {}

Listener::~Listener() {
  if (!path_.empty() && inode_of(path_) == inode_) ::unlink(path_.c_str());
}

std::vector<Listener> open_listeners(const std::vector<Lane>& lanes) {
  const auto passed = passed_sockets();
  std::vector<Listener> listeners;
  listeners.reserve(lanes.size());
  for (const auto& lane : lanes) {
    const auto found = passed.find(lane.name);
    if (lane.socket_path.empty()) {
      listeners.emplace_back();
    } else if (found != passed.end()) {
      listeners.emplace_back(found->second);
    } else {
      listeners.emplace_back(lane.socket_path);
    }
  }
  return listeners;
}

}  // namespace tenantd::proc
