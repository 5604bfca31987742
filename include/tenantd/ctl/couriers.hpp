// What tenantd-courier does: mails by one thread, webhooks by another, ends of sessions that OAuth clients
// are told of by a third, so that neither a mail server nor a receiver that hangs holds up the others.
#pragma once

#include <atomic>

#include "tenantd/config/settings.hpp"

namespace tenantd::ctl {

// The settings as the courier takes them at its start. Throws ConfigError, or another with a sentence.
void check_couriers(const Settings& settings);

// Delivers until `stopping`, or with `once` what is due now. Settings come from the environment. Throws
// ApiError(unavailable) if the outbox cannot be read (`once`), others with a sentence for wrong settings.
void run_couriers(bool once, std::atomic<bool>& stopping);

}  // namespace tenantd::ctl
