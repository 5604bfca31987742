// tenantctl doctor: asks each part of an installation how it is.
#pragma once

#include "tenantd/ctl/commands.hpp"

namespace tenantd::ctl {

extern const char* const kDoctorPage;

// A line a check; of what is wrong also why it matters and what mends it. Changes nothing. Returns 0 if
// nothing is wrong, 1 if something is.
int doctor(const Arguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace tenantd::ctl
