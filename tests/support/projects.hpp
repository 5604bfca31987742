// Projects and documents that a test needs, made through the API.
#pragma once

#include <string>
#include <vector>

#include "support/fixtures.hpp"

namespace tenantd::test {

// Its id. more: ,"status":"active"
std::string make_project(const Account& account, const std::string& name = "Project",
                         const std::string& more = "");
std::string make_document(const Account& account, const std::string& project, const std::string& name,
                          const std::string& more = "");
Response search(const Account& account, const std::string& query, const std::string& more = "");
// The ids of what was found, best first.
std::vector<std::string> found_ids(const Account& account, const std::string& query,
                                   const std::string& more = "");

}  // namespace tenantd::test
