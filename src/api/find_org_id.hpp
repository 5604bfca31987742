// The organization that a body names, found before the body is parsed: who may not act there is refused
// first.
#pragma once

#include <string>

#include "tenantd/api/json.hpp"

namespace tenantd::api {

// Returns {"org_id": …} with the body's own member of that name if it spells an id, else null. Reads the text
// up to that member and builds nothing of it; what is no JSON is for parse_json to refuse.
Json find_org_id(const std::string& body);

}  // namespace tenantd::api
