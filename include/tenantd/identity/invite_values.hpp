// What audit rows tell of invitations.
#pragma once

#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/invitations_store.hpp"

namespace tenantd::service {

// Who is invited, as the inviter named them: an account named by its id does not give its address away.
json::Object invited_values(const store::Invite& invite);
// The same with how the invitation stands, `status` in the place of its own.
json::Object standing_values(const store::Invite& invite, InviteStatus status);

}  // namespace tenantd::service
