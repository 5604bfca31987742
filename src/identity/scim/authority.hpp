// How far a caller of SCIM may go: whom it may change, and which roles it may give.
#pragma once

#include "tenantd/domain/permission_set.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// The permissions that must cover the role which a person holds and the role which a person gets. Call under
// the organization's lock.
//
// A session, an OAuth client that acts for somebody and a personal key act in the name of a member, and go as
// far as that member's role. A service account with a role goes as far as the role. A key of the
// organization, a service account with permissions of its own and a client that acts for itself go as far as
// their maker while the maker is a member. Once the maker is gone they go as far as an administrator: only
// somebody who holds all of an administrator's permissions sets them up (needed_to_set_up(), identity/keys).
PermissionSet provisioning_authority(const Work& work);

}  // namespace tenantd::service
