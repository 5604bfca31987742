// An organization's own roles, made and given through the API.
#pragma once

#include <string>

#include "support/fixtures.hpp"

namespace tenantd::test {

// `permissions`: names, as a JSON array.
std::string role_body(const std::string& name, const std::string& permissions);
// The reply to making a role.
Response make_role(const Account& maker, const std::string& name, const std::string& permissions);
// The path of the role in such a reply.
std::string path_of(const Response& role);
// The reply to giving a member the role of that name.
Response give(const Account& giver, const Account& member, const std::string& role);

}  // namespace tenantd::test
