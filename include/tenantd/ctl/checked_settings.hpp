// What must hold of settings before a service runs with them: whatever would otherwise be found out by the
// first user who needs it.
#pragma once

#include "tenantd/config/settings.hpp"

namespace tenantd::ctl {

// Throws ConfigError for an address that is none or may not be called, networks and files that cannot be
// read, and bounds that contradict each other. Names the setting. Asks no name server and calls nobody.
void check_settings(const Settings& settings);

// Throws ConfigError for a provider of sign-ins whose client has no secret: of tenantd, which alone gets
// those.
void check_client_secrets(const Settings& settings);

// The settings of this process's environment, checked.
Settings load_checked_settings();

}  // namespace tenantd::ctl
