// tenantctl breached: the list of leaked passwords that nobody may choose.
#pragma once

#include "tenantd/ctl/commands.hpp"

namespace tenantd::ctl {

extern const char* const kBreachedPage;
int breached(const Arguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace tenantd::ctl
