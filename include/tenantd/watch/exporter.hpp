// The process that sends traces (OTLP over HTTP, JSON) and error reports (Sentry's envelopes), so that no
// request and no courier waits for either. It holds what was handed over for a moment, bounded; what is too
// much, or is not taken after some tries, is dropped and counted.
#pragma once

#include <functional>

#include "tenantd/config/settings.hpp"
#include "tenantd/shm/metrics.hpp"
#include "tenantd/watch/handover.hpp"

namespace tenantd::watch {

// True if there is somebody to send to.
bool exports(const Settings& settings);
// Where processes hand over; empty if there is nobody to send to.
std::string handover_socket(const Settings& settings);
// Which requests are traced; none without an endpoint.
trace::Sampler sampler(const Settings& settings);
// True if an exception of the request at `place` is reported: with a DSN, the part of them that the settings
// say.
bool is_reported(const Settings& settings, const trace::Place& place);

// Throws ConfigError with a sentence.
void check_export(const Settings& settings);

// Sends until `stop_fd` is readable, then what is left, for a few seconds. `ready` is called once it listens.
void run_exporter(const Settings& settings, shm::Metrics& metrics, int stop_fd,
                  const std::function<void()>& ready);

}  // namespace tenantd::watch
