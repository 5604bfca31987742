// How a project looks in every reply.
#pragma once

#include "tenantd/api/json.hpp"
#include "tenantd/store/tenant/projects.hpp"

namespace tenantd::api::handlers {

// A whole object.
void put_project(JsonOut& json, const store::Project& project);

}  // namespace tenantd::api::handlers
