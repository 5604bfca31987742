// tenantctl backup and tenantctl restore.
#pragma once

#include "tenantd/ctl/commands.hpp"

namespace tenantd::ctl {

extern const char* const kBackupPage;
extern const char* const kRestorePage;

// Makes a backup, or verifies one. Throws std::runtime_error with a sentence.
int backup(const Arguments& arguments, std::ostream& out, std::ostream& err);
// Puts one back into an empty server. Throws std::runtime_error with a sentence.
int restore(const Arguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace tenantd::ctl
