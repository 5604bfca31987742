// Every schema as a file, by name, which is "signup" or "reply/token": those of the schema/ folders, and
// those of the described resources.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tenantd/api/json.hpp"
#include "tenantd/base/embedded.hpp"

namespace tenantd::api {

// Sorted by name; that of a described resource is called as if it stood in one of them.
std::span<const embedded::File> schema_files();

std::string_view schema_name(const embedded::File& file);
std::string schema_of_reply(std::string_view name);

// Returns the schema as it is written. Throws std::runtime_error if there is none, or if it is no JSON.
Json schema_document(std::string_view name);

}  // namespace tenantd::api
