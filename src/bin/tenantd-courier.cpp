// tenantd-courier: delivers the outbox over SMTP or into files. Any number of them may run.
#include <sysexits.h>
#include <systemd/sd-daemon.h>

#include <csignal>
#include <iostream>

#include "tenantd/base/log.hpp"
#include "tenantd/base/version.hpp"
#include "tenantd/crypto/keys.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/service/courier.hpp"

using namespace tenantd;

namespace {

constexpr const char* kUsage =
    "Usage: tenantd-courier [--once | --help | --version]\n"
    "Delivers the mails that wait in the outbox, until SIGTERM. Settings come from the environment.\n"
    "  --once  deliver what is due now, then exit\n"
    "Exit status: 0 stopped as asked, 64 wrong usage, 75 outbox unreadable (--once), 78 wrong settings.\n";

std::atomic<bool> stopping{false};

int fail(int status, const std::string& sentence) {
  return std::cerr << "tenantd-courier: " << sentence << '\n', status;
}

void log_event(const service::CourierEvent& event) {
  const auto level = service::is_failure(event.kind) ? log::Level::warning : log::Level::info;
  // The mail's id and template are empty for what concerns a server.
  log::write(level, service::courier_event_name(event.kind),
             {{"mail_id", event.mail_id}, {"template", event.template_name}, {"detail", event.detail}});
}

void stop_at_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { stopping = true; };  // without SA_RESTART: poll returns at once
  for (const int number : {SIGTERM, SIGINT}) sigaction(number, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

service::Courier make_courier(bool once) {
  const Settings settings = load_settings();
  if (!settings.clock_offset_file.empty()) use_offset_file(settings.clock_offset_file);
  auto options = service::courier_options(settings);
  options.seal_key = crypto::KeyRing::load(settings.keys_dir).seal_key();
  options.on_event = log_event;
  options.on_tick = [] { sd_notify(0, "WATCHDOG=1"); };
  if (once) options.wake_socket.clear();
  return service::Courier{std::move(options), mail::make_transport(settings)};
}

}  // namespace

int main(int argc, char** argv) {
  const std::string argument = argc > 1 ? argv[1] : "";
  const bool once = argument == "--once";
  if (argument == "--help") return std::cout << kUsage, 0;
  if (argument == "--version") return std::cout << "tenantd-courier " << kVersion << '\n', 0;
  if (argc > 2 || (argc == 2 && !once)) return fail(EX_USAGE, "unknown argument; see tenantd-courier --help");
  log::set_process("courier");
  stop_at_signals();
  try {
    service::Courier courier = make_courier(once);
    if (!once) sd_notify(0, "READY=1");
    once ? courier.drain(stopping) : courier.run(stopping);
    sd_notify(0, "STOPPING=1");
  } catch (const ApiError& problem) {
    return fail(EX_TEMPFAIL, "The outbox cannot be read: " + problem.log_detail());
  } catch (const std::exception& problem) {
    return fail(EX_CONFIG, problem.what());
  }
  return 0;
}
