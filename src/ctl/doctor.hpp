// tenantctl doctor: whether this host could serve.
#pragma once

#include "tenantd/ctl/commands.hpp"

namespace tenantd::ctl {

// One line a check. Returns 0 if all hold, 1 if not. Throws ConfigError for settings no service would run
// with.
int doctor(const Arguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace tenantd::ctl
