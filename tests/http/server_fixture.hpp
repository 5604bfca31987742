// What the tests beside it share.
#pragma once

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tenantd/http/server.hpp"

namespace tenantd::test::served {
using namespace tenantd::http;

using Parameters = std::vector<std::pair<std::string, std::string>>;

inline constexpr int kPatienceMs = 15000;

inline std::string record(int type, const std::string& content, int id = 1) {
  const auto byte = [](std::size_t value) { return static_cast<char>(value & 0xFFU); };
  std::string out{'\1',
                  byte(static_cast<std::size_t>(type)),
                  byte(static_cast<std::size_t>(id) >> 8U),
                  byte(static_cast<std::size_t>(id)),
                  byte(content.size() >> 8U),
                  byte(content.size()),
                  '\0',
                  '\0'};
  return out + content;
}

// FCGI_BEGIN_REQUEST as responder; the flag is FCGI_KEEP_CONN.
inline std::string begin(bool keep = true) {
  return record(1, std::string{'\0', '\1', keep ? '\1' : '\0', 0, 0, 0, 0, 0});
}

inline std::string length_prefix(std::size_t length) {
  if (length < 128) return {static_cast<char>(length)};
  const auto byte = [&](unsigned shift) { return static_cast<char>((length >> shift) & 0xFFU); };
  return {static_cast<char>(byte(24) | '\x80'), byte(16), byte(8), byte(0)};
}

inline std::string parameters(const Parameters& list) {
  std::string content;
  for (const auto& [name, value] : list)
    content += length_prefix(name.size()) + length_prefix(value.size()) + name + value;
  return record(4, content) + record(4, "");
}

inline std::string input(const std::string& body) {
  std::string out;
  for (std::size_t at = 0; at < body.size(); at += 32768) out += record(5, body.substr(at, 32768));
  return out + record(5, "");
}

inline std::string message(const std::string& method, const std::string& path, const Parameters& more = {},
                           const std::string& body = {}, bool keep = true) {
  Parameters list = {{"REQUEST_METHOD", method}, {"DOCUMENT_URI", path}, {"REQUEST_ID", "r-1"}};
  list.insert(list.end(), more.begin(), more.end());
  return begin(keep) + parameters(list) + input(body);
}

inline std::string get(const std::string& path, const Parameters& more = {}) {
  return message("GET", path, more);
}

class Connection {
 public:
  explicit Connection(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    struct sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    cr_assert(::connect(fd_, reinterpret_cast<struct sockaddr*>(&address), sizeof address) == 0);
  }
  ~Connection() { close(); }
  Connection(Connection&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}
  Connection(const Connection&) = delete;

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int fd() const { return fd_; }

  // Returns false if the server has closed the connection.
  bool send(const std::string& bytes) const {
    for (std::size_t at = 0; at < bytes.size();) {
      const auto count = ::send(fd_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
      if (count < 0) return false;
      at += static_cast<std::size_t>(count);
    }
    return true;
  }

  // Returns what the next request's reply says on its standard output, or nullopt if the connection is closed
  // first.
  std::optional<std::string> reply() {
    std::string out;
    for (;;) {
      if (!fill(8)) return std::nullopt;
      const auto byte = [&](std::size_t at) {
        return static_cast<std::size_t>(static_cast<unsigned char>(buffer_[at]));
      };
      const std::size_t type = byte(1), length = byte(4) * 256 + byte(5), padding = byte(6);
      if (!fill(8 + length + padding)) return std::nullopt;
      if (type == 6) out += buffer_.substr(8, length);
      buffer_.erase(0, 8 + length + padding);
      if (type == 3) return out;
    }
  }

  std::optional<std::string> exchange(const std::string& bytes) {
    if (!send(bytes)) return std::nullopt;
    return reply();
  }

  // Returns true once the server has closed the connection.
  bool closed_by_server() {
    while (read_some(kPatienceMs)) continue;
    return ended_;
  }
  bool read_some(int timeout_ms) {
    struct pollfd event = {fd_, POLLIN, 0};
    if (::poll(&event, 1, timeout_ms) != 1) return false;
    std::array<char, 65536> bytes;
    const auto count = ::recv(fd_, bytes.data(), bytes.size(), 0);
    ended_ = count <= 0;
    if (!ended_) buffer_.append(bytes.data(), static_cast<std::size_t>(count));
    return !ended_;
  }
  bool ended() const { return ended_; }

 private:
  bool fill(std::size_t size) {
    while (buffer_.size() < size)
      if (!read_some(kPatienceMs)) return false;
    return true;
  }

  int fd_;
  bool ended_ = false;
  std::string buffer_;
};

inline Response echo(Request& request) {
  Response response;
  if (request.path == "/split") response.header("X-Note", "a\r\nSet-Cookie: x=1").header("X-\nBad", "b");
  if (request.path == "/empty") response.status = 204;
  response.body = std::string{method_name(request.method)} + "|" + request.path + "|" + request.query_text +
                  "|" + request.content_type + "|" + request.authorization + "|" + request.tenant_id + "|" +
                  request.body;
  if (request.path == "/large") response.body.assign(3'000'000, 'x');
  return response;
}

// A server on its own thread and socket.
class Fixture {
 public:
  explicit Fixture(const std::function<void(ServerOptions&)>& change = {}, Handler handler = echo) {
    char folder[] = "/tmp/tenantd-http.XXXXXX";
    cr_assert(::mkdtemp(folder) != nullptr);
    folder_ = folder;
    listen();
    options_.listen_fd = listen_fd_;
    options_.stop_fd = ::eventfd(0, EFD_CLOEXEC);
    options_.threads = 2;
    options_.on_drain = [this] { draining_.set_value(); };
    if (change) change(options_);
    served_ = std::async(std::launch::async, [this, handler] { return serve(options_, handler); });
  }
  ~Fixture() {
    stop();
    if (served_.valid()) served_.wait();
    ::close(listen_fd_);
    ::close(options_.stop_fd);
    ::unlink(path().c_str());
    ::rmdir(folder_.c_str());
  }
  Fixture(const Fixture&) = delete;

  std::string path() const { return folder_ + "/s"; }
  Connection connect() const { return Connection{path()}; }
  void stop() const { ::eventfd_write(options_.stop_fd, 1); }
  void wait_for_drain() { draining_.get_future().wait(); }
  std::int64_t wait() { return served_.get(); }
  bool running() const { return served_.wait_for(std::chrono::seconds{0}) != std::future_status::ready; }
  bool answers() const {
    auto connection = connect();
    const auto reply = connection.exchange(get("/alive"));
    return reply && reply->find("GET|/alive|") != std::string::npos;
  }

 private:
  void listen() {
    listen_fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    cr_assert(::bind(listen_fd_, reinterpret_cast<struct sockaddr*>(&address), sizeof address) == 0);
    cr_assert(::listen(listen_fd_, 1024) == 0);
  }

  std::string folder_;
  int listen_fd_ = -1;
  ServerOptions options_;
  std::promise<void> draining_;
  std::future<std::int64_t> served_;
};

inline bool has(const std::optional<std::string>& reply, const std::string& part) {
  return reply && reply->find(part) != std::string::npos;
}

inline void one_second(ServerOptions& options) {
  options.threads = 1;
  options.request_deadline = std::chrono::seconds{1};
}

}  // namespace tenantd::test::served
