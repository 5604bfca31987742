// What systemd is told (sd_notify(3)). Without NOTIFY_SOCKET every function does nothing.
#pragma once

#include <cstdint>
#include <string>

namespace tenantd::proc::notify {

void ready();
void reloading();  // to be followed by ready()
void stopping();
void status(const std::string& text);
void watchdog();

// Returns how often watchdog() is due, half of WATCHDOG_USEC; 0 = never.
std::int64_t watchdog_interval_us();

}  // namespace tenantd::proc::notify
