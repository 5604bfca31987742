// What a problem document says besides the standard members (RFC 9457 section 3.2).
#pragma once

#include "tenantd/api/json.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/http/message.hpp"

namespace tenantd::api {

// Adds the members of `error`, and `errors` with one entry for each fault. `body`: what was judged. The reply
// is a problem document already.
void add_problem_members(http::Response& response, const ApiError& error, const Json& body);

}  // namespace tenantd::api
