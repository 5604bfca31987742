// Who runs the service: the accounts that are super-admins. The API makes nobody one but the first, by the
// link that setup-link prints: these commands sign in as the database's administrator.
#pragma once

#include "tenantd/ctl/commands.hpp"

namespace tenantd::ctl {

extern const char* const kSuperAdminPage;
extern const char* const kSetupLinkPage;

// Makes the account of SUPER_ADMIN_EMAIL. Returns 0 also if it is super-admin already, EX_DATAERR if the
// address has an ordinary account, 1 for a password that is refused.
int create_super_admin(const Arguments& arguments, std::ostream& out, std::ostream& err);
// Prints the link that makes the first super-admin. Returns 1 if there is one.
int setup_link(const Arguments& arguments, std::ostream& out, std::ostream& err);
// list, grant ADDRESS, revoke ADDRESS. Returns 1 for an address without an account.
int super_admins(const Arguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace tenantd::ctl
