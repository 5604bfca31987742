// The raw rate of password verification, which sign-in is held against: nothing but Argon2id.
// Usage: hash PROCESSES SECONDS. Costs and niceness are those of the settings (ARGON2_*, HASH_NICE).
// Prints "hashes per second, CPU microseconds per hash".
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <vector>

#include "tenantd/base/time.hpp"
#include "tenantd/config/settings.hpp"
#include "tenantd/crypto/password.hpp"

namespace {

using namespace tenantd;

struct Work {
  std::int64_t hashes = 0;
  std::int64_t wall_us = 0;
  std::int64_t cpu_us = 0;
};

std::int64_t cpu_microseconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1'000'000 + used.ru_utime.tv_usec +
         used.ru_stime.tv_usec;
}

Work verify_for(std::int64_t microseconds, const std::string& stored) {
  const Secret password{"correct horse battery"};
  const auto started = monotonic_microseconds();
  const auto cpu = cpu_microseconds();
  Work work;
  while (work.wall_us < microseconds) {
    if (!crypto::verify_password(password, stored)) throw std::runtime_error("the password does not match");
    ++work.hashes;
    work.wall_us = monotonic_microseconds() - started;
  }
  work.cpu_us = cpu_microseconds() - cpu;
  return work;
}

// A process that verifies and writes its Work to `out`.
void start(int out, std::int64_t microseconds, const std::string& stored, int niceness) {
  const auto pid = ::fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid > 0) return;
  int status = 1;
  try {
    [[maybe_unused]] const int now = ::nice(niceness);
    const Work work = verify_for(microseconds, stored);
    status = ::write(out, &work, sizeof work) == static_cast<ssize_t>(sizeof work) ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "hash: %s\n", error.what());
  }
  ::_exit(status);
}

void run(int processes, std::int64_t seconds) {
  const Settings settings = load_settings();
  const auto stored = crypto::hash_password(Secret{"correct horse battery"},
                                            {static_cast<std::uint32_t>(settings.argon2_memory_kib),
                                             static_cast<std::uint32_t>(settings.argon2_passes),
                                             static_cast<std::uint32_t>(settings.argon2_lanes)});
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("pipe failed");
  for (int i = 0; i < processes; ++i)
    start(ends[1], seconds * 1'000'000, stored, static_cast<int>(settings.hash_nice));
  ::close(ends[1]);
  double rate = 0;
  Work all;
  for (Work one; ::read(ends[0], &one, sizeof one) == static_cast<ssize_t>(sizeof one);) {
    rate += static_cast<double>(one.hashes) * 1e6 / static_cast<double>(one.wall_us);
    all.hashes += one.hashes;
    all.cpu_us += one.cpu_us;
  }
  int failed = 0;
  for (int status = 0; ::wait(&status) > 0;) failed |= status;
  if (failed != 0) throw std::runtime_error("a process failed");
  std::printf("%.2f %.1f\n", rate, static_cast<double>(all.cpu_us) / static_cast<double>(all.hashes));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 || std::atoi(argv[1]) < 1 || std::atoi(argv[2]) < 1) {
    std::fputs("usage: hash PROCESSES SECONDS\n", stderr);
    return 64;
  }
  try {
    run(std::atoi(argv[1]), std::atoi(argv[2]));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "hash: %s\n", error.what());
    return 1;
  }
}
