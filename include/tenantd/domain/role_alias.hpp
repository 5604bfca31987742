// Other names of the system's roles.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tenantd {

// Returns the system role that `name`, in any case, stands for where the organization has no role of that
// name: tenant_admin is admin, project_manager is manager, user and staff are member. nullopt
// for any other name.
std::optional<std::string> role_alias(std::string_view name);

}  // namespace tenantd
