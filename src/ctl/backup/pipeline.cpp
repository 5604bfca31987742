#include "pipeline.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "tenantd/base/text.hpp"

namespace tenantd::ctl {
namespace {

std::array<Descriptor, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::runtime_error(std::string{"pipe: "} + std::strerror(errno));
  return {Descriptor{ends[0]}, Descriptor{ends[1]}};
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// tar says 1 of a file that changed or went away while it was read, as files of documents may.
bool is_success(const std::string& program, int status) {
  return status == 0 || (program == "tar" && status == 1);
}

}  // namespace

Pipeline::Pipeline(std::vector<std::vector<std::string>> commands, Direction direction) {
  // A program that ended is an error of write(), and not the end of this one.
  ::signal(SIGPIPE, SIG_IGN);
  Descriptor input = open_file("/dev/null", O_RDONLY);
  if (direction == Direction::write) {
    auto ends = make_pipe();
    input = std::move(ends[0]);
    end_ = std::move(ends[1]);
  }
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const bool last = i + 1 == commands.size();
    if (last && direction == Direction::write) {
      const auto output = open_file("/dev/null", O_WRONLY);
      children_.push_back({commands[i][0], spawn(commands[i], input.get(), output.get())});
      continue;
    }
    auto ends = make_pipe();
    children_.push_back({commands[i][0], spawn(commands[i], input.get(), ends[1].get())});
    input = std::move(ends[0]);
  }
  if (direction == Direction::read) end_ = std::move(input);
}

Pipeline::~Pipeline() {
  end_.reset();
  for (const auto& child : children_) {
    ::kill(child.pid, SIGTERM);
    wait_for(child.pid);
  }
}

pid_t Pipeline::spawn(std::vector<std::string> command, int input, int output) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  std::vector<char*> arguments;
  for (auto& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error(command[0] + " cannot be started: " + std::strerror(error));
  return pid;
}

std::size_t Pipeline::read(char* buffer, std::size_t size) {
  std::size_t filled = 0;
  while (filled < size) {
    const auto count = ::read(end_.get(), buffer + filled, size - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw std::runtime_error(std::string{"read: "} + std::strerror(errno));
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

void Pipeline::write(std::string_view bytes) {
  if (!write_all(end_, bytes)) throw std::runtime_error(children_.back().name + " took not all of it");
}

void Pipeline::finish() {
  end_.reset();
  std::string failed;
  for (const auto& child : children_)
    if (const int status = wait_for(child.pid); !is_success(child.name, status) && failed.empty())
      failed = child.name + " ended with status " + std::to_string(status);
  children_.clear();
  if (!failed.empty()) throw std::runtime_error(failed);
}

std::string file_of_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  for (const auto folder : split(path == nullptr ? "/usr/bin:/bin" : path, ':')) {
    const auto file = std::string{folder} + '/' + name;
    std::error_code unknown;
    if (::access(file.c_str(), X_OK) == 0) return std::filesystem::canonical(file, unknown).string();
  }
  return "";
}

}  // namespace tenantd::ctl
