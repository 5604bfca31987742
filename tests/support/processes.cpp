#include "support/processes.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>

#include "support/check.hpp"

namespace tenantd::test {
namespace {

using Clock = std::chrono::steady_clock;

struct Stat {
  char state;
  pid_t parent;
};

std::optional<Stat> stat_of(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  // getline, not the buffer itself: a process that ends while its file is read is an error there, and a
  // throw.
  std::string line;
  std::getline(file, line, '\0');
  const auto end = line.rfind(") ");
  if (end == std::string::npos) return std::nullopt;
  std::istringstream rest{line.substr(end + 2)};
  Stat found{};
  rest >> found.state >> found.parent;
  return found;
}

}  // namespace

std::string setting(const char* key) {
  const char* value = std::getenv(key);
  require(value != nullptr, std::string{key} + " is not set: start the tests through tests/run.sh");
  return value;
}

std::string setting(const char* key, const std::string& fallback) {
  const char* value = std::getenv(key);
  return value != nullptr ? value : fallback;
}

std::string run_dir() { return setting("TENANTD_RUN_DIR"); }

std::string file_text(const std::string& path) {
  std::ifstream file{path, std::ios::binary | std::ios::ate};
  std::string text(static_cast<std::size_t>(std::max<std::streamoff>(file.tellg(), 0)), '\0');
  file.seekg(0);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

std::string log_with(const std::string& dir, const std::string& text) {
  for (const auto& entry : std::filesystem::directory_iterator{dir + "/log"}) {
    if (file_text(entry.path()).find(text) != std::string::npos) return entry.path().filename().string();
  }
  return {};
}

void wait_until(const std::string& what, const std::function<bool()>& holds, std::chrono::seconds patience) {
  const auto deadline = Clock::now() + patience;
  while (!holds()) {
    require(Clock::now() < deadline, "waited in vain: " + what);
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
}

std::vector<std::string> merged_environment(const std::vector<std::string>& changes) {
  std::vector<std::string> merged;
  const auto key_of = [](const std::string& entry) { return entry.substr(0, entry.find('=')); };
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string current{*entry};
    const bool changed = std::any_of(changes.begin(), changes.end(),
                                     [&](const auto& change) { return key_of(change) == key_of(current); });
    if (!changed) merged.push_back(current);
  }
  for (const auto& change : changes)
    if (change.find('=') != std::string::npos) merged.push_back(change);
  return merged;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (auto& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

Finished run_program(const std::vector<std::string>& command, const std::vector<std::string>& environment,
                     std::chrono::seconds patience) {
  std::array<int, 2> pipe{};
  require(::pipe2(pipe.data(), O_CLOEXEC) == 0, "pipe failed");
  auto arguments = command;
  auto variables = merged_environment(environment);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, pipe[1], STDERR_FILENO);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, arguments.front().c_str(), &actions, nullptr,
                                   pointers(arguments).data(), pointers(variables).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  Finished finished;
  const auto deadline = Clock::now() + patience;
  int status = 0;
  bool late = error == 0;
  // The program's own end counts: what it leaves running keeps the pipe open.
  while (error == 0 && Clock::now() < deadline) {
    pollfd waiting{pipe[0], POLLIN, 0};
    const int ready = ::poll(&waiting, 1, 20);
    std::array<char, 4096> buffer{};
    const ssize_t count = ready > 0 ? ::read(pipe[0], buffer.data(), buffer.size()) : -1;
    if (count > 0) finished.output.append(buffer.data(), static_cast<std::size_t>(count));
    if (count <= 0 && ::waitpid(pid, &status, WNOHANG) == pid) {
      late = false;
      break;
    }
  }
  if (late) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, &status, 0);
  }
  ::close(pipe[0]);
  require(error == 0, command.front() + " cannot be started");
  require(!late, command.front() + " did not end in time: " + finished.output);
  finished.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return finished;
}

pid_t part_pid(const std::string& dir, const std::string& part) {
  std::ifstream file{dir + "/pid/" + part};
  pid_t pid = 0;
  file >> pid;
  require(pid > 0 && lives(pid), part + " does not run in " + dir);
  return pid;
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 0) continue;
    const auto found = stat_of(pid);
    if (found && found->parent == parent && found->state != 'Z') children.push_back(pid);
  }
  return children;
}

bool lives(pid_t pid) {
  const auto found = stat_of(pid);
  return found && found->state != 'Z' && found->state != 'X';
}

}  // namespace tenantd::test
