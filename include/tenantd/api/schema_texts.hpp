// Schemas that a wing writes from a table of its own, where no record describes its resources.
#pragma once

#include <vector>

#include "tenantd/api/described.hpp"

namespace tenantd::api {

// "reply/scim_user" and "reply/scim_group". Defined beside SCIM's attributes.
std::vector<SchemaText> scim_schema_texts();

}  // namespace tenantd::api
