// Founding, changing, handing over and ending organizations.
#pragma once

#include <optional>
#include <string>

#include "tenantd/service/context.hpp"
#include "tenantd/service/reauthentication.hpp"
#include "tenantd/store/global/sessions.hpp"
#include "tenantd/store/tenant/members.hpp"
#include "tenantd/store/tenant/organizations.hpp"

namespace tenantd::service {

struct NewOrganization {
  std::string name;
  std::optional<std::string> slug;  // else derived from the name and made unique
  bool personal = false;
};

// Makes the organization, its system roles, and `user` its owner. Throws ApiError(conflict) if the slug asked
// for is taken, ApiError(validation_failed) if it is no host name label.
class Founding {
 public:
  static store::Membership found(db::Txn& txn, const Context& context, UserId user,
                                 const NewOrganization& form);
};

// Changes what is given. Throws ApiError: validation_failed (a slug that is no host name label), conflict
// (the slug is taken), mfa_not_enabled (who asks others for a second factor has one).
void change_organization(db::Txn& txn, const Context& context, const TenantScope& scope,
                         const store::OrganizationChange& change);

// Ends the organization, its memberships and its invitations; its members keep their accounts. Throws
// ApiError: confirmation_mismatch (that is not its name), not_found (it is gone).
void delete_organization(db::Txn& txn, const Context& context, const TenantScope& scope,
                         const std::string& name);

// Makes `heir`, an active member, the owner in the caller's place, who becomes an admin; both learn of it by
// mail. Throws ApiError: reauthentication_required, not_found, forbidden (the caller is no owner any more),
// validation_failed (to oneself).
store::Member transfer_ownership(db::Txn& txn, const Context& context, const TenantScope& scope, UserId heir,
                                 const Proof& proof);

// Returns a host name label (RFC 1123) made of `name`: lower-case ASCII letters, digits and hyphens, at
// most 50.
std::string slug_of(const std::string& name);
bool is_slug(const std::string& text);

}  // namespace tenantd::service
