// Super-admins and what they do in others' names.
#pragma once

#include <string>

#include "support/fixtures.hpp"

namespace tenantd::test {

inline constexpr const char* kTicket = "Ticket 4711: the list is empty";

// A new account that is a super-admin.
Account new_super_admin();
// The reply to asking for it; `user_id` "" leaves it out.
Response impersonate(const Account& admin, const std::string& tenant_id, const std::string& user_id = "",
                     const std::string& reason = kTicket);
// The target with the impersonation's token, in `tenant`'s organization.
Account acting_as(const Account& admin, const Account& target, const Account& tenant);
// The session that a token names.
std::string session_of(const Account& account);

}  // namespace tenantd::test
