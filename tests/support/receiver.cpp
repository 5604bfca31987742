#include "support/receiver.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "support/check.hpp"
#include "support/loopback.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::test {
namespace {

constexpr std::chrono::seconds kPatience{60};

// Reads until `buffer` holds `size` bytes; false at the connection's end.
bool fill(int fd, std::string& buffer, std::size_t size) {
  std::array<char, 65536> chunk{};
  while (buffer.size() < size) {
    const auto count = ::recv(fd, chunk.data(), chunk.size(), 0);
    if (count <= 0) return false;
    buffer.append(chunk.data(), static_cast<std::size_t>(count));
  }
  return true;
}

// Takes one request off the connection; false at its end.
bool read_request(int fd, std::string& buffer, Received& request) {
  std::size_t head = std::string::npos;
  while ((head = buffer.find("\r\n\r\n")) == std::string::npos)
    if (!fill(fd, buffer, buffer.size() + 1)) return false;
  const std::string_view text{buffer.data(), head};
  const auto lines = split(text, '\n');
  request.path = std::string{split(lines[0], ' ').at(1)};
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto colon = lines[i].find(':');
    request.headers[ascii_lower(lines[i].substr(0, colon))] = std::string{trim(lines[i].substr(colon + 1))};
  }
  const auto length = static_cast<std::size_t>(std::atoll(request.headers["content-length"].c_str()));
  if (!fill(fd, buffer, head + 4 + length)) return false;
  request.body = buffer.substr(head + 4, length);
  buffer.erase(0, head + 4 + length);
  request.json.Parse(request.body);
  return true;
}

Received copy_of(const Received& original) {
  Received copy{original.path, original.headers, original.body, {}};
  copy.json.Parse(copy.body);
  return copy;
}

}  // namespace

Receiver::Receiver()
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  port_ = bind_to_loopback(listener_);
  require(::listen(listener_, 128) == 0, "no port to listen on");
  acceptor_ = std::jthread{[this] { accept_all(); }};
}

Receiver::~Receiver() {
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    changed_.notify_all();
  }
  ::eventfd_write(stop_, 1);
  acceptor_.join();
  threads_.clear();
  ::close(listener_);
  ::close(stop_);
}

void Receiver::answer(std::function<Answer(const Received&)> how) {
  const std::lock_guard lock{mutex_};
  answer_ = std::move(how);
}

void Receiver::release() {
  const std::lock_guard lock{mutex_};
  released_ = true;
  changed_.notify_all();
}

std::string Receiver::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

std::vector<Received> Receiver::wait_for(std::size_t count, const std::string& path) {
  std::unique_lock lock{mutex_};
  const auto here = [&](const Received& one) { return one.path == path; };
  const auto came = [&] { return std::count_if(received_.begin(), received_.end(), here); };
  const bool all =
      changed_.wait_for(lock, kPatience, [&] { return static_cast<std::size_t>(came()) >= count; });
  require(all,
          "only " + std::to_string(came()) + " of " + std::to_string(count) + " requests came to " + path);
  std::vector<Received> found;
  for (const auto& one : received_)
    if (here(one)) found.push_back(copy_of(one));
  return found;
}

std::size_t Receiver::count(const std::string& path) {
  const std::lock_guard lock{mutex_};
  return static_cast<std::size_t>(std::count_if(received_.begin(), received_.end(),
                                                [&](const Received& one) { return one.path == path; }));
}

std::size_t Receiver::held() {
  const std::lock_guard lock{mutex_};
  return held_;
}

void Receiver::accept_all() {
  for (;;) {
    std::array<pollfd, 2> watched{pollfd{listener_, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
    ::poll(watched.data(), watched.size(), -1);
    if (watched[1].revents != 0) return;
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const std::lock_guard lock{mutex_};
    open_.push_back(fd);
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void Receiver::serve(int fd) {
  std::string buffer;
  for (;;) {
    Received request;
    if (!read_request(fd, buffer, request) || !handle(fd, std::move(request))) break;
  }
  const std::lock_guard lock{mutex_};
  std::erase(open_, fd);
  ::close(fd);
}

// False if the connection is over.
bool Receiver::handle(int fd, Received request) {
  Answer answer;
  {
    std::unique_lock lock{mutex_};
    answer = answer_(request);
    received_.push_back(std::move(request));
    held_ += answer.hang ? 1 : 0;
    changed_.notify_all();
    if (answer.hang) {
      changed_.wait(lock, [&] { return released_ || ending_; });
      --held_;
    }
    if (ending_) return false;
  }
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " X\r\n" + answer.headers +
                     "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto count = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace tenantd::test
