// tenantd-sweeper: deletes what has expired, once, then exits. A systemd timer runs it every minute, and a
// socket when a super-admin asks for it. Without systemd it stays and does both itself.
#include <sysexits.h>
#include <systemd/sd-daemon.h>

#include <atomic>
#include <csignal>
#include <iostream>

#include "programs.hpp"
#include "tenantd/base/log.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/base/version.hpp"
#include "tenantd/ctl/reporter.hpp"
#include "tenantd/db/schema.hpp"
#include "tenantd/db/server.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/wake_socket.hpp"
#include "tenantd/hosts/deployment.hpp"
#include "tenantd/workers/sweeper.hpp"

using namespace tenantd;

namespace {

constexpr const char* kUsage =
    "Usage: tenantd-sweeper [--watch SECONDS | --check | --help | --version]\n"
    "Deletes expired invitations, tokens, sessions and other rows whose time is over, once. Settings come "
    "from\n"
    "the environment. Two may run at once.\n"
    "  --watch SECONDS  stay, and do it every so many seconds and whenever tenantd asks for it, until "
    "SIGTERM\n"
    "  --check          only say whether it would start with these settings: exit status 0, or 78\n"
    "Exit status: 0 done, 1 a task failed, 64 wrong usage, 75 the database cannot be used, 78 wrong "
    "settings.\n";

std::atomic<bool> g_stop{false};

int fail(int status, const std::string& sentence) {
  std::cerr << "tenantd-sweeper: " << sentence << '\n';
  return status;
}

crypto::KeyRing keys_of_database(const Settings& settings, db::Connection& connection) {
  db::require_schema(connection);
  return hosts::checked_keys(settings, connection);
}

// What is told of is hashed into the organizations' chains, by the keys of this database.
int sweep_once(const Settings& settings) {
  db::Pool pool{
      db::connect_options(settings, settings.db_sweeper_user, settings.db_sweeper_password, "tenantd_app"),
      1};
  const auto keys = keys_of_database(settings, *pool.acquire());
  const service::Context context{settings, keys, now(), "", "tenantd-sweeper", "", nullptr, {}, {}, {}, {}};
  int status = 0;
  for (const auto& r : service::sweep(pool, context, [] { return !g_stop; })) {
    if (r.error) status = 1;
    if (r.rows > 0 || r.error)
      log::write(r.error ? log::Level::error : log::Level::info, "sweep",
                 {{"task", r.task},
                  {"rows", r.rows},
                  {"microseconds", r.duration_us},
                  {"error", r.error.value_or("")}});
  }
  return status;
}

void watch(const Settings& settings, std::int64_t every) {
  const service::WakeSocket bell{settings.sweeper_socket};
  while (!g_stop) {
    try {
      sweep_once(settings);
    } catch (const ApiError& e) {
      log::error("sweep", {{"error", e.log_detail()}});
    }
    // A signal may come just before the wait: it is looked for each second.
    for (std::int64_t second = 0; second < every && !g_stop; ++second)
      if (bell.wait(std::chrono::seconds{1})) break;
  }
}

int check() try {
  ctl::check_reporter(load_settings());
  return std::cout << "tenantd-sweeper takes these settings\n", 0;
} catch (const std::exception& e) {
  return fail(EX_CONFIG, e.what());
}

// The rings that systemd has started this for, taken first of all: who rings from here on gets another run.
void silence_passed_sockets() {
  const int count = sd_listen_fds(1);
  for (int i = 0; i < count; ++i) service::silence(SD_LISTEN_FDS_START + i);
}

}  // namespace

int bin::run_sweeper(int argc, char** argv) {
  const std::string argument = argc > 1 ? argv[1] : "";
  if (argument == "--help") return std::cout << kUsage, 0;
  if (argument == "--version") return std::cout << "tenantd-sweeper " << kVersion << '\n', 0;
  if (argc == 2 && argument == "--check") return check();
  // 0: once.
  const std::int64_t every = argc == 3 && argument == "--watch" ? parse_int(argv[2]).value_or(0) : 0;
  if (argc > 1 && every < 1) return fail(EX_USAGE, "unknown argument; see tenantd-sweeper --help");
  log::set_process("sweeper");
  for (const int number : {SIGTERM, SIGINT}) std::signal(number, [](int) { g_stop = true; });
  silence_passed_sockets();
  try {
    const Settings settings = load_settings();
    ctl::check_reporter(settings);
    log::set_level(log::parse_level(settings.log_level));
    if (!settings.clock_offset_file.empty()) use_offset_file(settings.clock_offset_file);
    if (every == 0) return sweep_once(settings);
    watch(settings, every);
    return 0;
  } catch (const ApiError& e) {
    return fail(EX_TEMPFAIL, "the database cannot be used: " + e.log_detail());
  } catch (const std::exception& e) {
    return fail(EX_CONFIG, e.what());
  }
}
