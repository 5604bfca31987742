// tenantctl hosts: who runs on this database.
#pragma once

#include "tenantd/ctl/commands.hpp"

namespace tenantd::ctl {

// [list] [--json]: each host that has a row. forget ID: takes the row of a host away that is gone; returns 1
// if there is none, or the host lives. As the application's account. Throws UsageError.
extern const char* const kHostsPage;
int hosts(const Arguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace tenantd::ctl
