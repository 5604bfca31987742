#include "tenantd/http/server.hpp"

#include <fcgiapp.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "fcgi_request.hpp"
#include "io_watch.hpp"
#include "runtime.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/http/problem.hpp"

namespace tenantd::http {
namespace {

Response refuse(const BadRequest& refused, const Request& request) {
  return problem(refused.status, refused.code, reason_phrase(refused.status), refused.detail,
                 request.request_id);
}

class Server {
 public:
  Server(const ServerOptions& options, const Handler& handler);
  std::int64_t run();

 private:
  // What a serving thread reuses from request to request.
  struct Worker {
    int index;
    FCGX_Request fcgi;
    Request request;
    std::string head;
  };

  void watch(int fd, std::uint32_t events, int operation);
  void wake() const;
  void serve_thread(int index);
  bool dispatch(Worker& worker, int fd);
  void accept_one();
  int take_connection();
  void set_listening(bool on);
  void serve_connection(Worker& worker, int fd);
  bool receive(Worker& worker, Response& response);
  void closed();
  void give_back(int fd, int operation);

  void coordinate();
  void start_drain();
  void stop_threads(std::vector<std::thread>& threads);
  bool budget_spent() const { return options_.max_requests > 0 && answered_ >= options_.max_requests; }
  std::int64_t tick_ms() const;
  std::int64_t deadline_us() const;

  const ServerOptions& options_;
  const Handler& handler_;
  Descriptor epoll_{::epoll_create1(EPOLL_CLOEXEC), "epoll_create1"};
  Descriptor quit_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd"};  // in the epoll: every thread leaves
  Descriptor wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd"};  // for coordinate()
  IoWatch io_;
  std::vector<std::atomic<bool>> idle_;  // by descriptor: a connection that waits in the epoll
  std::atomic<std::int64_t> answered_{0};
  std::atomic<int> open_{0};
  std::atomic<int> running_{0};
  std::atomic<bool> draining_{false};
  std::mutex listen_mutex_;
  bool listening_ = false;
};

Server::Server(const ServerOptions& options, const Handler& handler)
    : options_(options), handler_(handler), io_(options.threads), idle_(descriptor_limit()) {
  watch(quit_, EPOLLIN, EPOLL_CTL_ADD);
}

void Server::watch(int fd, std::uint32_t events, int operation) {
  struct epoll_event event = {};
  event.events = events;
  event.data.fd = fd;
  if (::epoll_ctl(epoll_, operation, fd, &event) != 0) throw_errno("epoll_ctl");
}

void Server::wake() const { ::eventfd_write(wake_, 1); }

std::int64_t Server::deadline_us() const {
  return monotonic_microseconds() + std::chrono::microseconds{options_.request_deadline}.count();
}

std::int64_t Server::tick_ms() const {
  const std::int64_t deadline = std::chrono::milliseconds{options_.request_deadline}.count();
  return std::clamp<std::int64_t>(deadline / 5, 50, 1000);
}

std::int64_t Server::run() {
  set_listening(true);
  std::vector<std::thread> threads;
  running_ = options_.threads;
  for (int index = 0; index < options_.threads; ++index)
    threads.emplace_back([this, index] { serve_thread(index); });
  coordinate();
  stop_threads(threads);
  for (std::size_t fd = 0; fd < idle_.size(); ++fd)
    if (idle_[fd]) ::close(static_cast<int>(fd));
  return answered_;
}

// The caller's thread: deadlines, the stop signal, the end of draining.
void Server::coordinate() {
  std::int64_t drained_by = 0;
  for (;;) {
    std::array<struct pollfd, 2> events = {
        {{wake_, POLLIN, 0}, {draining_ ? -1 : options_.stop_fd, POLLIN, 0}}};
    ::poll(events.data(), events.size(), static_cast<int>(tick_ms()));
    eventfd_t count = 0;
    ::eventfd_read(wake_, &count);
    const std::int64_t now_us = monotonic_microseconds();
    io_.interrupt_overdue(now_us, false);
    if (!draining_ && (events[1].revents != 0 || budget_spent())) {
      start_drain();
      drained_by = now_us + std::chrono::microseconds{options_.drain_deadline}.count();
    }
    set_listening(true);
    if (draining_ && (open_ == 0 || now_us >= drained_by)) return;
  }
}

void Server::start_drain() {
  draining_ = true;
  set_listening(false);
  if (options_.on_drain) options_.on_drain();
}

void Server::stop_threads(std::vector<std::thread>& threads) {
  ::eventfd_write(quit_, 1);
  while (running_ > 0) {
    io_.interrupt_overdue(monotonic_microseconds(), true);
    struct pollfd event = {wake_, POLLIN, 0};
    ::poll(&event, 1, 20);
    eventfd_t count = 0;
    ::eventfd_read(wake_, &count);
  }
  for (auto& thread : threads) thread.join();
}

// EPOLLEXCLUSIVE: a new connection wakes one process, not all.
void Server::set_listening(bool on) {
  const std::lock_guard lock{listen_mutex_};
  if (on == listening_ || (on && draining_)) return;
  watch(options_.listen_fd, on ? EPOLLIN | EPOLLEXCLUSIVE : 0U, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL);
  listening_ = on;
}

void Server::serve_thread(int index) {
  io_.enroll(index);
  auto worker = std::make_unique<Worker>();
  worker->index = index;
  FCGX_InitRequest(&worker->fcgi, -1, 0);
  // Several threads take one event each, so that none waits behind a slow request; a single one saves calls.
  std::array<struct epoll_event, 16> events;
  const int batch = options_.threads == 1 ? static_cast<int>(events.size()) : 1;
  for (bool running = true; running;) {
    const int count = ::epoll_wait(epoll_, events.data(), batch, -1);
    for (int i = 0; i < count; ++i)
      running = dispatch(*worker, events.at(static_cast<std::size_t>(i)).data.fd) && running;
  }
  if (options_.on_thread_exit) options_.on_thread_exit();
  --running_;
  wake();
}

// Returns false when the thread shall end.
bool Server::dispatch(Worker& worker, int fd) {
  if (fd == quit_) return false;
  if (fd == options_.listen_fd) {
    accept_one();
  } else {
    serve_connection(worker, fd);
  }
  return true;
}

// Counts the connection before it looks at draining_, while start_drain does the reverse: none slips through.
void Server::accept_one() {
  ++open_;
  const int fd = take_connection();
  if (fd < 0) return closed();
  if (static_cast<std::size_t>(fd) < idle_.size()) return give_back(fd, EPOLL_CTL_ADD);
  ::close(fd);
  closed();
}

// Leaves the listener's queue of waiters and joins it again at its end: the kernel wakes the first in the
// queue, which without this would be the same process for nearly every connection, and with kept connections
// for every request.
int Server::take_connection() {
  if (draining_) return -1;
  set_listening(false);
  const int fd = ::accept4(options_.listen_fd, nullptr, nullptr, SOCK_CLOEXEC);
  // Out of descriptors: until the next tick, or the epoll would spin.
  const bool exhausted =
      fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM);
  if (!exhausted) set_listening(true);
  ::sched_yield();  // in a burst, let those run who were woken with us
  return fd;
}

void Server::closed() {
  if (--open_ == 0 && draining_) wake();
}

void Server::serve_connection(Worker& worker, int fd) {
  idle_[static_cast<std::size_t>(fd)] = false;
  FCGX_Request& fcgi = worker.fcgi;
  fcgi.ipcFd = fd;
  fcgi.keepConnection = 1;
  fcgi.listen_sock = -1;
  fcgi.detached = 1;  // libfcgi then closes with close(2) alone, without waiting for the peer
  Response response;
  if (!receive(worker, response)) return closed();
  {
    const IoWatch::Scope scope{io_, worker.index, IoWatch::Phase::writing, deadline_us()};
    write_response(fcgi, worker.request, response, worker.head);
    FCGX_Finish_r(&fcgi);
  }
  if (++answered_ == options_.max_requests) wake();
  if (fcgi.ipcFd < 0) return closed();
  fcgi.ipcFd = -1;
  fcgi.keepConnection = 0;
  give_back(fd, EPOLL_CTL_MOD);
}

// Reads and answers one request. Returns false if the connection brought none; libfcgi has then closed it.
bool Server::receive(Worker& worker, Response& response) {
  try {
    {
      const IoWatch::Scope scope{io_, worker.index, IoWatch::Phase::reading, deadline_us()};
      if (FCGX_Accept_r(&worker.fcgi) != 0) return false;
      if (!read_request(worker.fcgi, options_.max_body, worker.request)) {
        FCGX_Free(&worker.fcgi, 1);
        return false;
      }
    }
    response = handler_(worker.request);
  } catch (const BadRequest& refused) {
    response = refuse(refused, worker.request);
  }
  return true;
}

// Hands the connection to the epoll. Not to be touched afterwards: another thread may have it already.
void Server::give_back(int fd, int operation) {
  auto& idle = idle_[static_cast<std::size_t>(fd)];
  idle = true;
  struct epoll_event event = {};
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.fd = fd;
  if (::epoll_ctl(epoll_, operation, fd, &event) == 0) return;
  idle = false;
  ::close(fd);
  closed();
}

}  // namespace

std::int64_t serve(const ServerOptions& options, const Handler& handler) {
  init_libfcgi();
  return Server{options, handler}.run();
}

}  // namespace tenantd::http
