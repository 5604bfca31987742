// A super-admin acts as a member of a tenant: for a short time, for a reason, and seen by everybody whom it
// concerns. The user is mailed and finds it among the account's security events; the tenant has it in its
// audit log and its events; and each change made meanwhile carries both names.
#pragma once

#include <optional>
#include <string>

#include "tenantd/effects/context.hpp"

namespace tenantd::service {

struct ImpersonationForm {
  OrgId org;
  std::optional<UserId> user;  // nullopt = the longest-standing active owner
  std::string reason;
};

struct BegunImpersonation {
  std::string access_token;
  std::int64_t expires_in = 0;  // seconds
  TimePoint expires_at;
  UserRecord user;
  OrganizationRecord organization;
  RoleRecord role;
  Actor actor;
  std::string reason;
};

class Impersonation {
 public:
  // Starts a session of the member that is good for this organization alone, cannot be refreshed, and ends at
  // the latest with the super-admin's own session. Throws ApiError: validation_failed (a reason of blanks),
  // not_found (no active organization of that id, or no such active member), impersonation_refused (oneself,
  // or another super-admin), mfa_enrollment_required (the organization asks for a second factor that the
  // super-admin has not).
  static BegunImpersonation begin(db::Txn& txn, const Context& context, const SuperAdmin& admin,
                                  const ImpersonationForm& form);

  // Throws ApiError(conflict) if the session is no impersonation.
  static void end(db::Txn& txn, const Context& context, const Session& session);
};

}  // namespace tenantd::service
