// What a client learns of a person (OpenID Connect Core section 5.1), by its scopes.
#pragma once

#include "tenantd/base/json.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::service {

// Adds the claims of profile, email and org. `organization` and `role`: where the client was let in; nullptr
// = nowhere.
void add_claims(json::Object& claims, const Scopes& scopes, const UserRecord& user,
                const OrganizationRecord* organization, const RoleRecord* role, TimePoint now);

}  // namespace tenantd::service
