// The roles that groups of the directory give.
//
// A table says which group gives which role: the first of it in which somebody is counts. Whoever sets the
// table answers for it, as for newcomers by an identity provider: it gives nobody more than that person could
// give now, and neither gives nor takes ownership. Groups that the table does not name give nothing.
#pragma once

#include <string>
#include <vector>

#include "identity/scim/scim_store.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// Whether the table names a group of this name.
bool gives_role(const store::ScimSetup& setup, const std::string& name);
// Gives these people the roles of the groups that they are in now, under the organization's lock. Throws
// ApiError(role_outranks) unless `authority` covers the roles that are given and taken.
void follow_groups(const Work& work, const store::ScimSetup& setup, const std::vector<DirectoryId>& people,
                   const PermissionSet& authority);

struct ScimRolesForm {
  std::string default_role;
  std::vector<std::pair<std::string, std::string>> groups;  // name, role's name
};
// Judges and stores the table, and gives its roles to those who are in its groups; `complete` is false if
// there are more of those than one request changes. Throws ApiError: role_outranks, validation_failed,
// temporary_right.
struct StoredRoles {
  store::ScimSetup setup;
  bool complete = true;
};
StoredRoles store_scim_roles(const Work& work, const ScimRolesForm& form);

}  // namespace tenantd::service
