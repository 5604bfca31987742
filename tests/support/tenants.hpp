// Organizations as their super-admin handles them.
#pragma once

#include <string>

#include "support/fixtures.hpp"

namespace tenantd::test {

std::string tenant_path(const std::string& org_id);
// The body of POST /api/v1/tenants; `more` goes in behind its members: ",\"limits\":{…}".
std::string tenant_body(const std::string& email, const std::string& slug, const std::string& more = "");
// Gives the organization these limits: {"max_members": 3}.
void set_limits(const Account& root, const std::string& org_id, const std::string& limits);
// How many active members the database counts, by its rows.
std::int64_t active_members(const std::string& org_id);

}  // namespace tenantd::test
