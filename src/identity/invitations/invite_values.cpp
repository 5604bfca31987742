#include "tenantd/identity/invite_values.hpp"

namespace tenantd::service {

json::Object invited_values(const store::Invite& invite) {
  json::Object values;
  if (invite.by_user) return std::move(values.set("user_id", invite.user));
  return std::move(values.set("email", invite.email));
}

json::Object standing_values(const store::Invite& invite, InviteStatus status) {
  auto values = invited_values(invite);
  values.set("status", invite_status_name(status)).set("invited_by", invite.invited_by);
  return std::move(values.set("expires_at", invite.expires_at));
}

}  // namespace tenantd::service
