// The audit log as the database has it, and tenantctl's word on it.
#pragma once

#include <cstdint>
#include <source_location>
#include <string>
#include <vector>

#include "support/fixtures.hpp"
#include "support/processes.hpp"

namespace tenantd::test {

// `tenantctl audit` with these arguments on the instance that all tests share.
Finished audit(std::vector<std::string> arguments);
// Throws unless verify ends with this status and says this.
void expect_verified(const Finished& finished, int status, const std::string& said,
                     const std::source_location& at = std::source_location::current());

// How many rows the request left, in whatever chain.
std::int64_t audit_rows_of(const Response& reply);
// The organization's rows.
std::int64_t audit_rows_of(const Account& account);

// What the organization is called.
std::string name_of(const Account& account);

// The newest row with this action, as the API shows it to the account.
Response newest_audit(const Account& reader, const std::string& action);

}  // namespace tenantd::test
