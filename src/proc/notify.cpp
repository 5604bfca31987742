#include "notify.hpp"

#include <systemd/sd-daemon.h>

#include "tenantd/base/time.hpp"

namespace tenantd::proc::notify {

void ready() { sd_notify(0, "READY=1"); }

// Type=notify-reload compares the time with that of its own request.
void reloading() {
  const std::string text = "RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_microseconds());
  sd_notify(0, text.c_str());
}

void stopping() { sd_notify(0, "STOPPING=1"); }
void status(const std::string& text) { sd_notify(0, ("STATUS=" + text).c_str()); }
void watchdog() { sd_notify(0, "WATCHDOG=1"); }

std::int64_t watchdog_interval_us() {
  std::uint64_t interval = 0;
  if (sd_watchdog_enabled(0, &interval) <= 0) return 0;
  return static_cast<std::int64_t>(interval / 2);
}

}  // namespace tenantd::proc::notify
