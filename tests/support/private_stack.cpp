#include "support/private_stack.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/check.hpp"
#include "support/processes.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/db/connection.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::test {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// The 22nd field of /proc/PID/stat, by which stack.sh knows a process again.
std::string start_time(pid_t pid) {
  const auto line = read_file("/proc/" + std::to_string(pid) + "/stat");
  const auto fields = split(std::string_view{line}.substr(line.rfind(") ") + 2), ' ');
  return std::string{fields.at(19)};
}

std::string stack_script() { return setting("TENANTD_TOP") + "/src/build/stack.sh"; }

pid_t spawn_detached(std::vector<std::string> command, const std::vector<std::string>& environment,
                     const std::string& log) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                     0600);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  auto variables = merged_environment(environment);
  const auto arguments = pointers(command);
  pid_t pid = 0;
  const int error =
      ::posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), pointers(variables).data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  require(error == 0, command.front() + " cannot be started");
  return pid;
}

}  // namespace

PrivateStack::PrivateStack(std::vector<std::string> settings) {
  std::string pattern = run_dir() + "/private-XXXXXX";
  require(::mkdtemp(pattern.data()) != nullptr, "no folder for a private stack");
  // stack.sh takes no folder that exists and is not its own, unless it is empty.
  dir_ = pattern;
  // A starting MariaDB deletes the temporary tables in its TMPDIR, whosever they are.
  environment_ = {"RUN_DIR=" + dir_,
                  "TMPDIR=" + dir_,
                  "PORT=0",
                  "SWEEP_EVERY=0",
                  "REPORT_EVERY=0",
                  "CLOCK_OFFSET_FILE",
                  "SUPER_ADMIN_EMAIL",
                  "SUPER_ADMIN_PASSWORD",
                  "FILES_DIR",
                  "KEYS_DIR",
                  "MAIL_DIR",
                  "PUBLIC_URL",
                  "WORKERS=2",
                  "HASH_WORKERS=1",
                  "DATABASE_OPTIONS",
                  "BUILD=" + setting("TENANTD_BUILD")};
  environment_.insert(environment_.end(), settings.begin(), settings.end());
  start();
}

void PrivateStack::start() {
  const auto started = run_program({stack_script(), "start"}, environment_);
  if (started.status != 0) {
    stop();
    require(false, "a private stack did not start: " + started.output);
  }
  const auto port = read_file(dir_ + "/port");
  url_ = "http://127.0.0.1:" + port.substr(0, port.find('\n'));
  std::string command = read_file("/proc/" + std::to_string(part_pid(dir_, "database")) + "/cmdline");
  if (!command.empty() && command.back() == '\0') command.pop_back();
  database_command_.clear();
  for (const auto argument : split(command, '\0')) database_command_.emplace_back(argument);
}

PrivateStack::~PrivateStack() { stop(); }

void PrivateStack::stop() noexcept {
  try {
    // A stopped process takes no other signal.
    ::kill(part_pid(dir_, "database"), SIGCONT);
  } catch (const std::exception&) {
    // It does not run.
  }
  try {
    const auto stopped = run_program({stack_script(), "stop"}, environment_);
    if (stopped.status != 0)
      std::fprintf(stderr, "a private stack did not stop: %s\n", stopped.output.c_str());
    std::filesystem::remove_all(dir_);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "a private stack did not stop: %s\n", e.what());
  }
}

void PrivateStack::take_the_suites_place() const {
  const auto take = [](const std::string& key, const std::string& value) {
    require(::setenv(key.c_str(), value.c_str(), 1) == 0, key + " cannot be set");
  };
  take("TENANTD_URL", url_);
  // Lines of "export KEY=value", quoted where a shell needs it; these keys' values need none.
  const auto environment = read_file(dir_ + "/environment");
  for (const auto line : split(environment, '\n')) {
    const std::string_view assignment = line.substr(std::min(line.size(), line.find(' ') + 1));
    const auto equals = assignment.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string key{assignment.substr(0, equals)};
    if (key == "DB_SOCKET" || key.ends_with("_PASSWORD") || key == "FILES_DIR" || key == "KEYS_DIR" ||
        key == "MAIL_DIR" || key == "PUBLIC_URL")
      take(key, std::string{assignment.substr(equals + 1)});
  }
}

void PrivateStack::extend_nginx(const std::string& directives, const std::function<bool()>& holds) const {
  std::ofstream{dir_ + "/nginx/extra-server-test.conf"} << directives << '\n';
  require(::kill(part_pid(dir_, "nginx"), SIGHUP) == 0, "nginx takes no signal");
  wait_until("nginx knows: " + directives, holds);
}

void PrivateStack::trust_local_proxy() const {
  const Call from_afar{"GET", "/metrics", std::nullopt, "", {{"X-Forwarded-For", "192.0.2.1"}}};
  // A worker of before the change may still answer: several times, so that it is none.
  const auto is_believed = [&] {
    for (int i = 0; i < 10; ++i)
      if (client().send(from_afar).status != 403) return false;
    return true;
  };
  extend_nginx("set_real_ip_from 127.0.0.1;", is_believed);
}

db::ConnectOptions PrivateStack::database() const {
  db::ConnectOptions options;
  for (const auto& argument : database_command_)
    if (argument.starts_with("--socket=")) options.socket = argument.substr(9);
  options.user = setting("DB_ADMIN_USER", "root");
  options.schema = "tenantd";
  return options;
}

Finished PrivateStack::run(const std::string& command) const {
  return run_program({"bash", "-c", ". \"$RUN_DIR/environment\" && exec \"$BUILD\"/" + command},
                     environment_);
}

void PrivateStack::restart() {
  const auto stopped = run_program({stack_script(), "stop"}, environment_);
  require(stopped.status == 0, "a private stack did not stop: " + stopped.output);
  start();
}

void PrivateStack::signal_database(int signal) const {
  require(::kill(part_pid(dir_, "database"), signal) == 0, "the database takes no signal");
}

void PrivateStack::kill_database() {
  const pid_t pid = part_pid(dir_, "database");
  signal_database(SIGKILL);
  wait_until("the database is gone", [&] { return !lives(pid); });
}

void PrivateStack::restart_database() {
  // MySQL takes a killed server for a living one for as long as nobody has waited for its process.
  std::filesystem::remove(database().socket + ".lock");
  const pid_t pid = spawn_detached(database_command_, environment_, dir_ + "/log/database.log");
  std::ofstream{dir_ + "/pid/database"} << pid << ' ' << start_time(pid) << ' ' << database_command_.front()
                                        << '\n';
  auto options = database();
  options.schema.clear();
  wait_until("the database answers", [&] {
    require(lives(pid), "the database ended: " + read_file(dir_ + "/log/database.log"));
    try {
      const db::Connection connection{options};
      return true;
    } catch (const ApiError&) {
      return false;
    }
  });
}

}  // namespace tenantd::test
