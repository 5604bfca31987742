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
#include <optional>
#include <thread>
#include <vector>

#include "fcgi_request.hpp"
#include "io_watch.hpp"
#include "parking.hpp"
#include "runtime.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/http/problem.hpp"

namespace tenantd::http {
namespace {

Response refuse(const ServerOptions& options, const BadRequest& refused, Request& request) {
  if (options.refuse) return options.refuse(request, refused);
  return refusal(request.path, refused.status, refused.code, reason_phrase(refused.status), refused.detail,
                 request.request_id);
}

class Server {
 public:
  Server(const ServerOptions& options, const Handler& handler);
  std::int64_t run();

 private:
  // What a serving thread reuses from request to request.
  struct Worker {
    explicit Worker(int of_thread) : index(of_thread) { FCGX_InitRequest(&fcgi, -1, 0); }
    int index;
    FCGX_Request fcgi;
    Request request;
    std::string head;
  };
  using WorkerPtr = std::unique_ptr<Worker>;

  void watch(int fd, std::uint32_t events, int operation);
  void wake() const;
  void serve_thread(int index);
  bool dispatch(WorkerPtr& worker, int fd);
  void accept_one();
  int take_connection();
  void set_listening(bool on);
  void serve_connection(WorkerPtr& worker, int fd);
  bool receive(Worker& worker);
  void answer(WorkerPtr& worker, const Handler& handler, std::int64_t put_off_until_us);
  void send(Worker& worker, const Response& response);
  void resume(int index);
  void wake_parked();
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
  Descriptor epoll_ = owned(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  Descriptor quit_ =
      owned(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");  // in the epoll: every thread leaves
  Descriptor wake_ = owned(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");  // for coordinate()
  // In the epoll: threads without work look whether a request that was put aside can go on.
  Descriptor resume_ = owned(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
  Parking<WorkerPtr> parking_;
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
  watch(quit_.get(), EPOLLIN, EPOLL_CTL_ADD);
  watch(resume_.get(), EPOLLIN, EPOLL_CTL_ADD);
}

void Server::watch(int fd, std::uint32_t events, int operation) {
  struct epoll_event event = {};
  event.events = events;
  event.data.fd = fd;
  if (::epoll_ctl(epoll_.get(), operation, fd, &event) != 0) throw_errno("epoll_ctl");
}

void Server::wake() const { ::eventfd_write(wake_.get(), 1); }

std::int64_t Server::deadline_us() const {
  return monotonic_microseconds() + std::chrono::microseconds{options_.request_deadline}.count();
}

std::int64_t Server::tick_ms() const {
  // What frees a place may be another process, which tells nobody.
  if (!parking_.empty()) return 10;
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
  while (auto parked = parking_.take_any()) FCGX_Free(&parked->worker->fcgi, 1);
  for (std::size_t fd = 0; fd < idle_.size(); ++fd)
    if (idle_[fd]) ::close(static_cast<int>(fd));
  return answered_;
}

// The caller's thread: deadlines, the stop signal, the end of draining.
void Server::coordinate() {
  std::int64_t drained_by = 0;
  for (;;) {
    std::array<struct pollfd, 2> events = {
        {{wake_.get(), POLLIN, 0}, {draining_ ? -1 : options_.stop_fd, POLLIN, 0}}};
    ::poll(events.data(), events.size(), static_cast<int>(tick_ms()));
    eventfd_t count = 0;
    ::eventfd_read(wake_.get(), &count);
    const std::int64_t now_us = monotonic_microseconds();
    io_.interrupt_overdue(now_us, false);
    wake_parked();
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
  ::eventfd_write(quit_.get(), 1);
  while (running_ > 0) {
    io_.interrupt_overdue(monotonic_microseconds(), true);
    struct pollfd event = {wake_.get(), POLLIN, 0};
    ::poll(&event, 1, 20);
    eventfd_t count = 0;
    ::eventfd_read(wake_.get(), &count);
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
  auto worker = std::make_unique<Worker>(index);
  // Several threads take one event each, so that none waits behind a slow request; a single one saves calls.
  std::array<struct epoll_event, 16> events;
  const int batch = options_.threads == 1 ? static_cast<int>(events.size()) : 1;
  for (bool running = true; running;) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), batch, -1);
    for (int i = 0; i < count; ++i)
      running = dispatch(worker, events.at(static_cast<std::size_t>(i)).data.fd) && running;
  }
  if (options_.on_thread_exit) options_.on_thread_exit();
  --running_;
  wake();
}

// Returns false when the thread shall end.
bool Server::dispatch(WorkerPtr& worker, int fd) {
  if (fd == quit_.get()) return false;
  if (fd == options_.listen_fd) {
    accept_one();
  } else if (fd == resume_.get()) {
    eventfd_t count = 0;
    ::eventfd_read(resume_.get(), &count);
  } else {
    serve_connection(worker, fd);
  }
  // Between any two that arrive, one that waits: nobody who comes later is always first.
  if (!parking_.empty()) resume(worker->index);
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

void Server::serve_connection(WorkerPtr& worker, int fd) {
  idle_[static_cast<std::size_t>(fd)] = false;
  FCGX_Request& fcgi = worker->fcgi;
  fcgi.ipcFd = fd;
  fcgi.keepConnection = 1;
  fcgi.listen_sock = -1;
  fcgi.detached = 1;  // libfcgi then closes with close(2) alone, without waiting for the peer
  try {
    if (!receive(*worker)) return closed();
  } catch (const BadRequest& refused) {
    return send(*worker, refuse(options_, refused, worker->request));
  }
  const auto patience = std::chrono::microseconds{options_.request_deadline}.count() / 2;
  answer(worker, handler_, monotonic_microseconds() + patience);
}

// Reads one request. Returns false if the connection brought none; libfcgi has then closed it.
bool Server::receive(Worker& worker) {
  const IoWatch::Scope scope{io_, worker.index, IoWatch::Phase::reading, deadline_us()};
  if (FCGX_Accept_r(&worker.fcgi) != 0) return false;
  if (read_request(worker.fcgi, options_.max_body, worker.request)) return true;
  FCGX_Free(&worker.fcgi, 1);
  return false;
}

// Answers what was read, or puts it aside, with `worker`, in whose place a new one comes.
void Server::answer(WorkerPtr& worker, const Handler& handler, std::int64_t put_off_until_us) {
  try {
    return send(*worker, handler(worker->request));
  } catch (const BadRequest& refused) {
    return send(*worker, refuse(options_, refused, worker->request));
  } catch (Later& later) {
    const int index = worker->index;
    if (!options_.again || !parking_.put(worker, later, put_off_until_us))
      return send(*worker, later.give_up());
    worker = std::make_unique<Worker>(index);
  }
  wake();
}

void Server::send(Worker& worker, const Response& response) {
  FCGX_Request& fcgi = worker.fcgi;
  const int fd = fcgi.ipcFd;
  {
    const IoWatch::Scope scope{io_, worker.index, IoWatch::Phase::writing, deadline_us()};
    write_response(fcgi, worker.request, response, worker.head);
    FCGX_Finish_r(&fcgi);
  }
  if (++answered_ == options_.max_requests) wake();
  if (fcgi.ipcFd < 0) {
    closed();
  } else {
    fcgi.ipcFd = -1;
    fcgi.keepConnection = 0;
    give_back(fd, EPOLL_CTL_MOD);
  }
  if (response.afterwards) response.afterwards();
}

void Server::wake_parked() {
  if (parking_.has_due(monotonic_microseconds())) ::eventfd_write(resume_.get(), 1);
}

// Gives up those whose time is over, and lets one go on.
void Server::resume(int index) {
  while (auto parked = parking_.take_due(monotonic_microseconds())) {
    parked->worker->index = index;
    if (monotonic_microseconds() < parked->until_us)
      return answer(parked->worker, options_.again, parked->until_us);
    send(*parked->worker, parked->later.give_up());
  }
}

// Hands the connection to the epoll. Not to be touched afterwards: another thread may have it already.
void Server::give_back(int fd, int operation) {
  auto& idle = idle_[static_cast<std::size_t>(fd)];
  idle = true;
  struct epoll_event event = {};
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.fd = fd;
  if (::epoll_ctl(epoll_.get(), operation, fd, &event) == 0) return;
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
