// tenantd-courier: delivers the outbox over SMTP or into files, and events to webhooks. Any number of them
// may run.
#include <sysexits.h>

#include <atomic>
#include <csignal>
#include <iostream>

#include "programs.hpp"
#include "tenantd/base/log.hpp"
#include "tenantd/base/version.hpp"
#include "tenantd/ctl/couriers.hpp"
#include "tenantd/domain/error.hpp"

using namespace tenantd;

namespace {

constexpr const char* kUsage =
    "Usage: tenantd-courier [--once | --check | --help | --version]\n"
    "Delivers the mails that wait in the outbox, and events to webhooks, until SIGTERM.\n"
    "Settings come from the environment.\n"
    "  --once   deliver what is due now, then exit\n"
    "  --check  only say whether it would start with these settings: exit status 0, or 78 with the reason\n"
    "Exit status: 0 stopped as asked, 64 wrong usage, 75 outbox unreadable (--once), 78 wrong settings.\n";

std::atomic<bool> stopping{false};

int fail(int status, const std::string& sentence) {
  return std::cerr << "tenantd-courier: " << sentence << '\n', status;
}

void stop_at_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { stopping = true; };  // without SA_RESTART: poll returns at once
  for (const int number : {SIGTERM, SIGINT}) sigaction(number, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int check() try {
  ctl::check_couriers(load_settings());
  return std::cout << "tenantd-courier takes these settings\n", 0;
} catch (const std::exception& e) {
  return fail(EX_CONFIG, e.what());
}

}  // namespace

int bin::run_courier(int argc, char** argv) {
  const std::string argument = argc > 1 ? argv[1] : "";
  const bool once = argument == "--once";
  if (argument == "--help") return std::cout << kUsage, 0;
  if (argument == "--version") return std::cout << "tenantd-courier " << kVersion << '\n', 0;
  if (argc == 2 && argument == "--check") return check();
  if (argc > 2 || (argc == 2 && !once)) return fail(EX_USAGE, "unknown argument; see tenantd-courier --help");
  log::set_process("courier");
  stop_at_signals();
  try {
    ctl::run_couriers(once, stopping);
  } catch (const ApiError& problem) {
    return fail(EX_TEMPFAIL, "The outbox cannot be read: " + problem.log_detail());
  } catch (const std::exception& problem) {
    return fail(EX_CONFIG, problem.what());
  }
  return 0;
}
