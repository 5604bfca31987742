// How a project looks in every reply.
#pragma once

#include "modules/documents/projects_store.hpp"
#include "tenantd/api/json.hpp"

namespace tenantd::api::handlers {

// A whole object.
void put_project(JsonOut& json, const store::Project& project);

}  // namespace tenantd::api::handlers
