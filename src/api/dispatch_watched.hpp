// Who asked, once that is known, and where; else empty.
#pragma once

#include <string>

#include "dispatch_call.hpp"

namespace tenantd::api {

std::string user_of(const Principal* principal);
std::string organization_of(const Principal* principal);

}  // namespace tenantd::api
