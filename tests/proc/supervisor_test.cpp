// A real supervise() in a child process; the test hears its events on a pipe, whose end also shows that no
// process is left.
#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "tenantd/proc/supervisor.hpp"

using namespace tenantd::proc;

namespace {

constexpr int kPatienceMs = 20000;

struct Event {
  std::string name;
  int pid = 0;
  int status = 0;
};

int wait_for_stop(const Lane&, int, int, int stop_fd) {
  worker_ready();
  struct pollfd event = {stop_fd, POLLIN, 0};
  while (::poll(&event, 1, -1) != 1) continue;
  return 0;
}

std::string make_folder() {
  char folder[] = "/tmp/tenantd-proc.XXXXXX";
  cr_assert(::mkdtemp(folder) != nullptr);
  return folder;
}

class Fixture {
 public:
  explicit Fixture(const WorkerMain& worker_main = wait_for_stop,
                   const std::function<void(SupervisorOptions&)>& change = {})
      : folder_(make_folder()) {
    int ends[2];
    cr_assert(::pipe(ends) == 0);
    options_.lanes = {{"fast", socket_path(), 2, 0}};
    options_.on_event = [fd = ends[1]](const std::string& event, int pid, int status) {
      ::dprintf(fd, "%d %d %s\n", pid, status, event.c_str());
    };
    if (change) change(options_);
    master_ = ::fork();
    if (master_ == 0) {
      ::close(ends[0]);
      run(worker_main);
    }
    ::close(ends[1]);
    events_ = ::fdopen(ends[0], "r");
  }
  ~Fixture() {
    if (master_ > 0) stop();
    std::fclose(events_);
    ::unlink(socket_path().c_str());
    ::rmdir(folder_.c_str());
  }
  Fixture(const Fixture&) = delete;

  std::string socket_path() const { return folder_ + "/fast.sock"; }
  pid_t master() const { return master_; }
  void signal(int number) const { ::kill(master_, number); }

  // Returns the next event, or one without name when every process that could tell one is gone.
  Event next() {
    char line[256];
    Event event;
    if (std::fgets(line, sizeof line, events_) == nullptr) return event;
    char name[200] = "";
    std::sscanf(line, "%d %d %199[^\n]", &event.pid, &event.status, name);
    event.name = name;
    return event;
  }

  // Skips events until `name`.
  Event await(const std::string& name) {
    for (;;) {
      const Event event = next();
      cr_assert(!event.name.empty(), "no %s", name.c_str());
      if (event.name.rfind(name, 0) == 0) return event;
    }
  }

  std::vector<pid_t> await_ready(int count) {
    std::vector<pid_t> pids;
    while (count-- > 0) pids.push_back(await("worker_ready").pid);
    return pids;
  }

  // Returns the master's exit status once it has ended, having seen that no worker is left.
  int wait() {
    while (!next().name.empty()) continue;
    int status = 0;
    cr_assert(::waitpid(master_, &status, 0) == master_);
    master_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  int stop() {
    signal(SIGTERM);
    return wait();
  }

 private:
  [[noreturn]] void run(const WorkerMain& worker_main) {
    int status = 99;
    try {
      status = supervise(options_, worker_main);
    } catch (const std::exception& error) {
      options_.on_event(error.what(), 0, 0);
    }
    ::_exit(status);
  }

  std::string folder_;
  SupervisorOptions options_;
  pid_t master_ = -1;
  FILE* events_ = nullptr;
};

bool connects(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const bool connected = ::connect(fd, reinterpret_cast<struct sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return connected;
}

bool gone(pid_t pid) { return ::kill(pid, 0) != 0 && errno == ESRCH; }

}  // namespace

TestSuite(supervisor, .timeout = 60);

Test(supervisor, sigterm_drains_all_and_leaves_nothing) {
  Fixture fixture;
  const auto workers = fixture.await_ready(2);
  struct stat status = {};
  cr_assert(::stat(fixture.socket_path().c_str(), &status) == 0);
  cr_assert_eq(status.st_mode & 0777, 0660);
  cr_assert(connects(fixture.socket_path()));
  cr_assert_eq(fixture.stop(), 0);
  for (const pid_t pid : workers) cr_assert(gone(pid));
  cr_assert(::stat(fixture.socket_path().c_str(), &status) != 0);
}

Test(supervisor, sigint_to_the_group_ends_as_sigterm_does) {
  Fixture fixture;
  const auto workers = fixture.await_ready(2);
  for (const pid_t pid : workers) ::kill(pid, SIGINT);
  fixture.signal(SIGINT);
  cr_assert_eq(fixture.wait(), 0);
}

Test(supervisor, a_killed_worker_comes_back) {
  Fixture fixture;
  const auto workers = fixture.await_ready(2);
  for (int i = 0; i < 3; ++i) {
    ::kill(i == 0 ? workers[0] : workers[1], SIGKILL);
    if (i > 1) break;
    const auto crashed = fixture.await("worker_crashed");
    cr_assert_eq(crashed.status, -SIGKILL);
    cr_assert(fixture.await("worker_ready").pid != crashed.pid);
  }
  cr_assert_eq(fixture.stop(), 0);
}

Test(supervisor, a_worker_that_keeps_crashing_is_restarted_ever_more_slowly) {
  Fixture fixture{[](const Lane&, int, int, int) { return 3; },
                  [](SupervisorOptions& options) { options.lanes[0].workers = 1; }};
  struct timespec before = {};
  struct timespec after = {};
  ::clock_gettime(CLOCK_MONOTONIC, &before);
  for (int i = 0; i < 4; ++i) cr_assert_eq(fixture.await("worker_crashed").status, 3);
  ::clock_gettime(CLOCK_MONOTONIC, &after);
  const auto elapsed_ms =
      (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1'000'000;
  cr_assert(elapsed_ms >= 50 + 100 + 200 - 1);
  cr_assert_eq(fixture.stop(), 0);
}

Test(supervisor, an_exception_of_a_worker_is_told) {
  Fixture fixture{[](const Lane&, int, int, int) -> int { throw std::runtime_error{"no database"}; },
                  [](SupervisorOptions& options) { options.lanes[0].workers = 1; }};
  cr_assert(fixture.await("worker_failed").name == "worker_failed: no database");
  cr_assert_eq(fixture.await("worker_crashed").status, 70);
}

Test(supervisor, a_worker_that_ends_by_itself_is_replaced_at_once) {
  Fixture fixture{[](const Lane&, int, int, int) {
                    worker_ready();
                    return 0;
                  },
                  [](SupervisorOptions& options) { options.lanes[0].workers = 1; }};
  for (int i = 0; i < 20; ++i) cr_assert_eq(fixture.await("worker_recycled").status, 0);
  cr_assert_eq(fixture.stop(), 0);
}

Test(supervisor, the_successor_of_a_retiring_worker_starts_before_it_is_gone) {
  Fixture fixture{[](const Lane& lane, int slot, int listen_fd, int stop_fd) {
                    worker_ready();
                    if (slot == 0 && ::access((lane.socket_path + ".retired").c_str(), F_OK) != 0) {
                      ::fclose(::fopen((lane.socket_path + ".retired").c_str(), "w"));
                      worker_retiring();
                    }
                    return wait_for_stop(lane, slot, listen_fd, stop_fd);
                  },
                  [](SupervisorOptions& options) { options.lanes[0].workers = 1; }};
  const pid_t retiring = fixture.await("worker_retiring").pid;
  const pid_t successor = fixture.await("worker_ready").pid;
  cr_assert(successor != retiring);
  cr_assert(!gone(retiring));
  ::kill(retiring, SIGTERM);
  cr_assert_eq(fixture.await("worker_drained").pid, retiring);
  ::unlink((fixture.socket_path() + ".retired").c_str());
  cr_assert_eq(fixture.stop(), 0);
}

Test(supervisor, sighup_replaces_every_worker_one_by_one) {
  Fixture fixture;
  const auto before = fixture.await_ready(2);
  fixture.signal(SIGHUP);
  fixture.await("reload_started");
  std::set<pid_t> after;
  int started = 0;
  for (Event event = fixture.next(); event.name != "reload_done"; event = fixture.next()) {
    cr_assert(!event.name.empty());
    if (event.name == "worker_started") cr_assert_eq(++started, static_cast<int>(after.size()) + 1);
    if (event.name == "worker_ready") after.insert(event.pid);
  }
  cr_assert_eq(after.size(), 2);
  for (const pid_t pid : before) cr_assert(!after.contains(pid));
  cr_assert(connects(fixture.socket_path()));
  cr_assert_eq(fixture.stop(), 0);
  for (const pid_t pid : before) cr_assert(gone(pid));
}

Test(supervisor, slots_are_stable_over_lanes_and_respawns) {
  Fixture fixture{[](const Lane& lane, int slot, int listen_fd, int stop_fd) {
                    if (lane.niceness != ::getpriority(PRIO_PROCESS, 0)) return 90;
                    if (slot != (lane.name == "fast" ? 0 : 1)) return 91;
                    return wait_for_stop(lane, slot, listen_fd, stop_fd);
                  },
                  [](SupervisorOptions& options) {
                    options.lanes[0].workers = 1;
                    options.lanes.push_back({"hash", options.lanes[0].socket_path + "2", 1, 5});
                  }};
  const auto workers = fixture.await_ready(2);
  for (const pid_t pid : workers) ::kill(pid, SIGKILL);
  fixture.await_ready(2);
  cr_assert_eq(fixture.stop(), 0);
}

Test(supervisor, a_refused_reload_replaces_nothing) {
  Fixture fixture{wait_for_stop, [](SupervisorOptions& options) {
                    options.on_reload = [] { throw std::runtime_error{"WORKERS is not a number"}; };
                  }};
  fixture.await_ready(2);
  fixture.signal(SIGHUP);
  cr_assert(fixture.await("reload_refused").name == "reload_refused: WORKERS is not a number");
  fixture.signal(SIGTERM);
  cr_assert(fixture.next().name == "stopping");
  cr_assert_eq(fixture.wait(), 0);
}

Test(supervisor, a_reload_whose_first_worker_fails_keeps_the_old_ones) {
  Fixture fixture{[](const Lane& lane, int slot, int listen_fd, int stop_fd) {
                    if (::access((lane.socket_path + ".broken").c_str(), F_OK) == 0) return 4;
                    return wait_for_stop(lane, slot, listen_fd, stop_fd);
                  },
                  [](SupervisorOptions& options) {
                    options.on_reload = [path = options.lanes[0].socket_path + ".broken"] {
                      ::fclose(::fopen(path.c_str(), "w"));
                    };
                  }};
  const auto workers = fixture.await_ready(2);
  fixture.signal(SIGHUP);
  cr_assert_eq(fixture.await("reload_failed").status, 4);
  for (const pid_t pid : workers) cr_assert(!gone(pid));
  ::unlink((fixture.socket_path() + ".broken").c_str());
  cr_assert_eq(fixture.stop(), 0);
}

Test(supervisor, a_worker_that_never_gets_ready_is_killed) {
  Fixture fixture{[](const Lane&, int, int, int) {
                    for (;;) ::pause();
                    return 0;
                  },
                  [](SupervisorOptions& options) { options.ready_timeout = std::chrono::seconds{1}; }};
  const pid_t hung = fixture.await("worker_hung").pid;
  cr_assert(hung > 0);
  cr_assert_eq(fixture.await("worker_crashed").status, -SIGKILL);
  fixture.signal(SIGTERM);
  fixture.signal(SIGINT);
  cr_assert_eq(fixture.wait(), 0);
}

Test(supervisor, a_second_sigterm_kills_what_does_not_drain) {
  Fixture fixture{[](const Lane&, int, int, int) {
    worker_ready();
    for (;;) ::pause();
    return 0;
  }};
  const auto workers = fixture.await_ready(2);
  fixture.signal(SIGTERM);
  fixture.await("stopping");
  fixture.signal(SIGTERM);
  fixture.await("worker_killed");
  cr_assert_eq(fixture.wait(), 0);
  for (const pid_t pid : workers) cr_assert(gone(pid));
}

Test(supervisor, workers_drain_when_the_master_is_killed) {
  Fixture fixture;
  fixture.await_ready(2);
  fixture.signal(SIGKILL);
  cr_assert_eq(fixture.wait(), -SIGKILL);  // returns at the end of the pipe: the last worker is gone
}

Test(supervisor, a_second_tenantd_on_the_socket_is_refused) {
  Fixture first;
  first.await_ready(2);
  Fixture second{wait_for_stop,
                 [&](SupervisorOptions& options) { options.lanes[0].socket_path = first.socket_path(); }};
  cr_assert(second.next().name == "another tenantd runs: it answers on " + first.socket_path());
  cr_assert_eq(second.wait(), 99);
  cr_assert(connects(first.socket_path()));
  cr_assert_eq(first.stop(), 0);
}

Test(supervisor, a_stale_socket_file_is_replaced_and_any_other_file_is_not) {
  Fixture killed{wait_for_stop};
  killed.await_ready(2);
  killed.signal(SIGKILL);
  killed.wait();
  Fixture next{wait_for_stop,
               [&](SupervisorOptions& options) { options.lanes[0].socket_path = killed.socket_path(); }};
  next.await_ready(2);
  cr_assert(connects(killed.socket_path()));
  cr_assert_eq(next.stop(), 0);
  ::fclose(::fopen(killed.socket_path().c_str(), "w"));
  Fixture third{wait_for_stop,
                [&](SupervisorOptions& options) { options.lanes[0].socket_path = killed.socket_path(); }};
  cr_assert(third.next().name == killed.socket_path() + " exists and is not a socket");
  cr_assert_eq(third.wait(), 99);
}

Test(supervisor, systemd_is_told_of_ready_reload_and_stop) {
  const std::string folder = make_folder();
  const std::string path = folder + "/notify";
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  cr_assert(::bind(fd, reinterpret_cast<struct sockaddr*>(&address), sizeof address) == 0);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  ::setenv("WATCHDOG_USEC", "200000", 1);
  Fixture fixture;
  const auto await_message = [&](const std::string& part) {
    for (std::string text; text.find(part) == std::string::npos;) {
      struct pollfd event = {fd, POLLIN, 0};
      cr_assert(::poll(&event, 1, kPatienceMs) == 1, "no %s", part.c_str());
      char buffer[512];
      const auto count = ::recv(fd, buffer, sizeof buffer, 0);
      text.assign(buffer, static_cast<std::size_t>(count));
    }
  };
  await_message("READY=1");
  for (int i = 0; i < 3; ++i) await_message("WATCHDOG=1");
  fixture.signal(SIGHUP);
  await_message("RELOADING=1\nMONOTONIC_USEC=");
  await_message("READY=1");
  fixture.signal(SIGTERM);
  await_message("STOPPING=1");
  cr_assert_eq(fixture.wait(), 0);
  ::close(fd);
  ::unlink(path.c_str());
  ::rmdir(folder.c_str());
}
