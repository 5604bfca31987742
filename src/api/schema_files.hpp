// The embedded schemas as files: by name, which is "signup" or "reply/token".
#pragma once

#include <string>
#include <string_view>

#include "tenantd/api/json.hpp"
#include "tenantd/base/embedded.hpp"

namespace tenantd::api {

std::string_view schema_name(const embedded::File& file);
std::string schema_of_reply(std::string_view name);

// Returns the schema as it stands in its file. Throws std::runtime_error if there is none, or if it is no
// JSON.
Json schema_document(std::string_view name);

}  // namespace tenantd::api
