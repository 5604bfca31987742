// What bounds a worker's memory and a request's CPU time.
#include <criterion/criterion.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <memory>
#include <new>
#include <thread>

#include "support/check.hpp"
#include "tenantd/http/cpu_watch.hpp"
#include "tenantd/proc/memory_bound.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

struct Ended {
  int status = -1;
  std::string said;  // on standard error
};

Ended in_child(const std::function<int()>& work) {
  std::array<int, 2> ends{};
  require(::pipe(ends.data()) == 0, "pipe");
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    ::_exit(work());
  }
  ::close(ends[1]);
  Ended ended;
  std::array<char, 4096> buffer{};
  for (ssize_t count = 0; (count = ::read(ends[0], buffer.data(), buffer.size())) > 0;)
    ended.said.append(buffer.data(), static_cast<std::size_t>(count));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (WIFEXITED(status)) ended.status = WEXITSTATUS(status);
  return ended;
}

[[noreturn]] void compute() {
  struct timespec now = {};
  for (;;) ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
}

void compute_for(std::int64_t milliseconds) {
  struct timespec begun = {}, now = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begun);
  do ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  while ((now.tv_sec - begun.tv_sec) * 1000 + (now.tv_nsec - begun.tv_nsec) / 1'000'000 < milliseconds);
}

}  // namespace

Test(process_bounds, work_that_computes_for_too_long_ends_the_process_and_says_what_it_was) {
  const auto ended = in_child([] {
    const http::CpuWatch watch{std::chrono::milliseconds{50}};
    http::CpuWatch::on("/api/v1/things", "request-1");
    compute();
    return 0;
  });
  require_equal(ended.status, http::kCpuSpent);
  require(
      ended.said.find(R"("event":"request.cpu_spent","path":"/api/v1/things","request_id":"request-1"})") !=
          std::string::npos,
      ended.said);
}

Test(process_bounds, each_thread_is_watched_by_its_own_clock) {
  const auto ended = in_child([] {
    const http::CpuWatch watch{std::chrono::milliseconds{50}};
    http::CpuWatch::on("/waits", "");
    std::thread{[] {
      const http::CpuWatch other{std::chrono::milliseconds{100}};
      http::CpuWatch::on("/computes", "");
      compute();
    }}.join();
    return 0;
  });
  require_equal(ended.status, http::kCpuSpent);
  require(ended.said.find("/computes") != std::string::npos, ended.said);
}

Test(process_bounds, work_that_ended_in_time_is_watched_no_more) {
  const auto ended = in_child([] {
    for (int i = 0; i < 3; ++i) const http::CpuWatch watch{std::chrono::milliseconds{40}};
    compute_for(120);
    return 7;
  });
  require_equal(ended.status, 7);
}

Test(process_bounds, work_that_is_long_by_its_nature_is_not_counted_and_what_follows_is) {
  const auto paused = in_child([] {
    const http::CpuWatch watch{std::chrono::milliseconds{60}};
    {
      const http::CpuWatch::Pause pause;
      compute_for(150);
    }
    return 7;
  });
  require_equal(paused.status, 7);
  const auto after = in_child([] {
    const http::CpuWatch watch{std::chrono::milliseconds{60}};
    { const http::CpuWatch::Pause pause; }
    compute();
    return 7;
  });
  require_equal(after.status, http::kCpuSpent);
  const auto unwatched = in_child([] {
    { const http::CpuWatch::Pause pause; }
    compute_for(80);
    return 7;
  });
  require_equal(unwatched.status, 7);
}

#if !defined(__SANITIZE_ADDRESS__)
Test(process_bounds, an_allocation_past_the_bound_fails_and_one_within_it_does_not) {
  const auto ended = in_child([] {
    if (proc::bound_memory(0, 1)) return 1;
    if (!proc::bound_memory(std::int64_t{64} << 20, 0)) return 2;
    const auto within = std::make_unique<std::array<char, 16 << 20>>();
    try {
      const std::unique_ptr<char[]> past{new char[std::size_t{256} << 20]};
      return past[0] == 1 ? 3 : 4;
    } catch (const std::bad_alloc&) {
      return 0;
    }
  });
  require_equal(ended.status, 0, ended.said);
}
#endif
