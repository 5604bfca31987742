#include "tenantd/http/cpu_watch.hpp"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <mutex>

#include "tenantd/base/log_line.hpp"

namespace tenantd::http {
namespace {

const int kCpuSignal = SIGRTMIN + 1;

struct Work {
  std::string_view path;
  std::string_view request_id;
};
thread_local Work t_work;

void end_process(int) {
  FixedText<512> line;
  begin_line(line, 3, wall_microseconds() / 1000, "worker", ::getpid());
  line.add(R"(,"event":"request.cpu_spent","path":")").add(t_work.path);
  line.add(R"(","request_id":")").add(t_work.request_id).add("\"}\n");
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.text().data(), line.text().size());
  ::_exit(kCpuSpent);
}

void catch_signal() {
  struct sigaction action = {};
  action.sa_handler = end_process;
  sigfillset(&action.sa_mask);
  sigaction(kCpuSignal, &action, nullptr);
}

// This thread's timer on its own CPU clock. Without one, which takes a kernel that is out of timers, nothing
// is watched.
class Timer {
 public:
  Timer() {
    static std::once_flag once;
    std::call_once(once, catch_signal);
    struct sigevent event = {};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = kCpuSignal;
    event._sigev_un._tid = ::gettid();
    made_ = ::timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer_) == 0;
  }
  ~Timer() {
    if (made_) ::timer_delete(timer_);
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void start(std::chrono::nanoseconds left) {
    struct itimerspec when = {};
    when.it_value.tv_sec = left.count() / 1'000'000'000;
    when.it_value.tv_nsec = left.count() % 1'000'000'000;
    if (made_) ::timer_settime(timer_, 0, &when, nullptr);
  }
  // Returns what was left; 0 if it did not run.
  std::chrono::nanoseconds stop() {
    struct itimerspec left = {};
    struct itimerspec none = {};
    if (!made_ || ::timer_settime(timer_, 0, &none, &left) != 0) return {};
    return std::chrono::seconds{left.it_value.tv_sec} + std::chrono::nanoseconds{left.it_value.tv_nsec};
  }

 private:
  timer_t timer_{};
  bool made_ = false;
};

Timer& timer() {
  thread_local Timer of_thread;
  return of_thread;
}

}  // namespace

CpuWatch::CpuWatch(std::chrono::milliseconds most) {
  t_work = {};
  timer().start(most);
}

CpuWatch::~CpuWatch() {
  timer().stop();
  t_work = {};
}

CpuWatch::Pause::Pause() : left_(timer().stop()) {}

CpuWatch::Pause::~Pause() {
  if (left_.count() > 0) timer().start(left_);
}

void CpuWatch::on(std::string_view path, std::string_view request_id) { t_work = {path, request_id}; }

}  // namespace tenantd::http
