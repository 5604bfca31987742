// tenantd-reporter: weekly reports, low-stock alerts and drafts that nobody touches. A systemd timer runs it
// every few minutes for whatever is due. Without systemd it stays and does that itself.
#include <sysexits.h>

#include <atomic>
#include <csignal>
#include <iostream>

#include "programs.hpp"
#include "tenantd/base/log.hpp"
#include "tenantd/base/version.hpp"
#include "tenantd/ctl/reporter.hpp"
#include "tenantd/domain/error.hpp"

using namespace tenantd;

namespace {

constexpr const char* kUsage =
    "Usage: tenantd-reporter weekly     report the last full week to each organization's managers\n"
    "       tenantd-reporter low-stock  tell them what became low in stock since they were told\n"
    "       tenantd-reporter drafts     remove drafts of purchase requests that nobody touched for "
    "DRAFT_DAYS\n"
    "       tenantd-reporter keys       warn of keys of organizations that end within KEY_WARNING_DAYS\n"
    "       tenantd-reporter due        whatever of these is due and not done\n"
    "       tenantd-reporter --watch SECONDS   stay, and do that every so many seconds, until SIGTERM\n"
    "       tenantd-reporter --check    only say whether it would start with these settings\n"
    "       tenantd-reporter --help | --version\n"
    "Weekly reports are due on Sunday 00:00, drafts at 02:00 (UTC). Each is done once, however often this\n"
    "runs; what was missed is made up for once. Several may run at once. Settings come from the "
    "environment.\n"
    "Exit status: 0 done, 1 something failed and is left to the next run, 64 wrong usage, 75 the database\n"
    "cannot be reached, 78 wrong settings.\n";

std::atomic<bool> g_stop{false};

int fail(int status, const std::string& sentence) {
  std::cerr << "tenantd-reporter: " << sentence << '\n';
  return status;
}

int check() try {
  ctl::check_reporter(load_settings());
  return std::cout << "tenantd-reporter takes these settings\n", 0;
} catch (const std::exception& e) {
  return fail(EX_CONFIG, e.what());
}

}  // namespace

int bin::run_reporter(int argc, char** argv) {
  const ctl::Arguments arguments(argv + 1, argv + argc);
  if (argc == 2 && arguments[0] == "--help") return std::cout << kUsage, 0;
  if (argc == 2 && arguments[0] == "--version")
    return std::cout << "tenantd-reporter " << kVersion << '\n', 0;
  if (argc == 2 && arguments[0] == "--check") return check();
  const auto order = ctl::parse_reporter_order(arguments);
  if (!order)
    return fail(EX_USAGE, "one of weekly, low-stock, drafts, keys, due; see tenantd-reporter --help");
  log::set_process("reporter");
  for (const int number : {SIGTERM, SIGINT}) std::signal(number, [](int) { g_stop = true; });
  try {
    return ctl::run_reporter(*order, g_stop, std::cout, std::cerr);
  } catch (const ApiError& e) {
    return fail(EX_TEMPFAIL, "the database cannot be used: " + e.log_detail());
  } catch (const std::exception& e) {
    return fail(EX_CONFIG, e.what());
  }
}
