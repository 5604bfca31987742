// tenantd: the master and its workers. Answers FastCGI on three sockets; nginx stands in front.
#include <sysexits.h>

#include <array>
#include <iostream>
#include <memory>
#include <string_view>

#include "programs.hpp"
#include "tenantd/base/log.hpp"
#include "tenantd/base/version.hpp"
#include "tenantd/ctl/daemon.hpp"

using namespace tenantd;

namespace {

constexpr const char* kUsage =
    "Usage: tenantd [--check | --help | --version]\n"
    "Serves the API over FastCGI, in the foreground. Settings come from the environment.\n"
    "  --check  only say whether it would start with them: exit status 0, or 78 with the reason\n"
    "Signals: SIGTERM drains and stops, SIGHUP reads the keys again and replaces the workers one by one.\n"
    "Exit status: 0 stopped as asked, 1 a socket could not be used, 64 wrong usage, 78 wrong settings.\n";

int fail(int status, const std::string& sentence) {
  std::cerr << "tenantd: " << sentence << '\n';
  return status;
}

int check() try {
  ctl::check_daemon(load_settings());
  return std::cout << "tenantd takes these settings\n", 0;
} catch (const std::exception& e) {
  return fail(EX_CONFIG, e.what());
}

int run_tenantd(int argc, char** argv) {
  const std::string argument = argc > 1 ? argv[1] : "";
  if (argument == "--help") return std::cout << kUsage, 0;
  if (argument == "--version") return std::cout << "tenantd " << kVersion << '\n', 0;
  const bool checks = argument == "--check";
  if (argc > 2 || (argc > 1 && !checks)) return fail(EX_USAGE, "unknown argument; see tenantd --help");
  if (checks) return check();
  log::set_process("master");
  std::unique_ptr<ctl::Daemon> daemon;
  try {
    daemon = std::make_unique<ctl::Daemon>();
  } catch (const std::exception& e) {
    return fail(EX_CONFIG, e.what());
  }
  try {
    return daemon->run();
  } catch (const std::exception& e) {
    return fail(1, e.what());
  }
}

struct Program {
  std::string_view name;
  int (*run)(int argc, char** argv);
};

constexpr std::array kOthers = {
    Program{"tenantctl", bin::run_tenantctl}, Program{"tenantd-courier", bin::run_courier},
    Program{"tenantd-reporter", bin::run_reporter}, Program{"tenantd-sweeper", bin::run_sweeper}};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view path = argc > 0 ? argv[0] : "";
  const auto name = path.substr(path.rfind('/') + 1);
  for (const auto& other : kOthers)
    if (other.name == name) return other.run(argc, argv);
  return run_tenantd(argc, argv);
}
