#include "support/stub_server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "support/check.hpp"
#include "support/loopback.hpp"

namespace tenantd::test {
namespace {

// False once there is nothing more to be read, or the server ends.
bool wait_for(int fd, int wake, short events) {
  std::array<pollfd, 2> entries{pollfd{fd, events, 0}, pollfd{wake, POLLIN, 0}};
  return ::poll(entries.data(), entries.size(), -1) > 0 && entries[1].revents == 0;
}

bool read_more(int fd, int wake, std::string& text) {
  std::array<char, 4096> piece{};
  if (!wait_for(fd, wake, POLLIN)) return false;
  const auto count = ::recv(fd, piece.data(), piece.size(), 0);
  if (count <= 0) return false;
  text.append(piece.data(), static_cast<std::size_t>(count));
  return true;
}

std::size_t length_of_body(std::string header) {
  std::transform(header.begin(), header.end(), header.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  const auto at = header.find("content-length:");
  return at == std::string::npos ? 0 : std::stoul(header.substr(at + 15));
}

void send_all(int fd, int wake, const std::string& text) {
  std::size_t sent = 0;
  while (sent < text.size() && wait_for(fd, wake, POLLOUT)) {
    const auto count = ::send(fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count <= 0) return;
    sent += static_cast<std::size_t>(count);
  }
}

}  // namespace

StubServer::StubServer(Answer answer, const std::string& address)
    : answer_(std::move(answer)), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  url_ = "http://" + address + ':' + std::to_string(bind_to_loopback(socket_, address));
  require(::listen(socket_, 64) == 0 && ::pipe2(wake_, O_CLOEXEC) == 0, "no stub server on " + address);
  listener_ = std::thread{[this] { listen(); }};
}

StubServer::~StubServer() {
  ::close(wake_[1]);
  listener_.join();
  for (auto& connection : connections_) connection.join();
  ::close(socket_);
  ::close(wake_[0]);
}

std::size_t StubServer::count(const std::string& path) const {
  const std::lock_guard lock{mutex_};
  return static_cast<std::size_t>(
      std::count_if(paths_.begin(), paths_.end(), [&](const auto& one) { return one.starts_with(path); }));
}

void StubServer::listen() {
  while (wait_for(socket_, wake_[0], POLLIN)) {
    const int connection = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    ++knocks_;
    connections_.emplace_back([this, connection] {
      serve(connection);
      ::close(connection);
    });
  }
}

void StubServer::serve(int connection) {
  std::string text;
  while (text.find("\r\n\r\n") == std::string::npos)
    if (!read_more(connection, wake_[0], text)) return;
  StubRequest request;
  const auto end = text.find("\r\n\r\n");
  request.header = text.substr(0, end + 2);
  const auto length = length_of_body(request.header);
  while (text.size() < end + 4 + length)
    if (!read_more(connection, wake_[0], text)) return;
  request.body = text.substr(end + 4);
  request.method = text.substr(0, text.find(' '));
  const auto begin = request.method.size() + 1;
  request.path = text.substr(begin, text.find(' ', begin) - begin);
  {
    const std::lock_guard lock{mutex_};
    paths_.push_back(request.path);
  }
  const auto reply = answer_(request);
  if (reply.hang) {
    // Until the other side, or the test, has had enough.
    while (read_more(connection, wake_[0], text)) continue;
    return;
  }
  send_all(connection, wake_[0],
           "HTTP/1.1 " + std::to_string(reply.status) + " Stub\r\n" + reply.header +
               "Content-Length: " + std::to_string(reply.body.size() + reply.padding) +
               "\r\nConnection: close\r\n\r\n" + reply.body + std::string(reply.padding, ' '));
}

}  // namespace tenantd::test
