// tenantctl keys: makes, publishes, removes and shows keys, and says which ones a database has.
#pragma once

#include "tenantd/ctl/commands.hpp"

namespace tenantd::ctl {

// create | rotate [--now] | retire KID [--force] | list, on KEYS_DIR alone; adopt [--force], as the
// administrator of the database: returns 1 if something would be lost and --force is not there, or a host
// runs with other keys. Throws UsageError.
extern const char* const kKeysPage;
int keys(const Arguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace tenantd::ctl
