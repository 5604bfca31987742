// Founding, changing, handing over and ending organizations.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "identity/factors/reauthentication.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/identity/members_store.hpp"
#include "tenantd/identity/organizations_store.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::service {

struct NewOrganization {
  std::string name;
  std::optional<std::string> slug;  // else derived from the name and made unique
  bool personal = false;
  std::optional<TenantLimits> limits = {};  // else as the settings say
  std::string slug_pointer = "/slug";       // where the request names the slug, for refusals
};

// What a new organization may have by the settings.
TenantLimits default_limits(const Settings& settings);

// Makes the organization, its system roles, and `user` its owner. Throws ApiError(conflict) if the slug asked
// for is taken, ApiError(validation_failed) if it is no host name label.
class Founding {
 public:
  static store::Membership found(db::Txn& txn, const Context& context, UserId user,
                                 const NewOrganization& form);
  struct Newcomer {
    UserRecord user;
    store::Membership membership;
  };
  // The same for an account that comes into being with it, which the organization's audit log tells too.
  // Throws db::DuplicateKey (key "email") if the address has an account.
  static Newcomer found(db::Txn& txn, const Context& context, const store::NewUser& newcomer,
                        const NewOrganization& form);

  // For the reader of an address whose account somebody else may have made. Nothing goes on that rests on
  // that account's leave, wherever it is a member: whom it let in, and whom those let in, become inactive;
  // their webhooks and its own pause, identity providers are switched off, invitations revoked. All of it can
  // be switched on again. Returns a line for each organization where there was anything, for the owner to
  // read.
  static std::vector<std::string> reclaim(db::Txn& txn, const Context& context, UserId user);

  // For an account that is about to be erased: it leaves every organization, with what leaving one brings; a
  // personal one in which nobody else is ends with it. Throws ApiError(last_owner), which names those that
  // would be left without an owner, and db::LockTimeout if another holds one of them.
  static void leave_every(db::Txn& txn, const Context& context, UserId user);

 private:
  // In an organization that is yet to be made: nobody else can have members in it.
  static TenantScope scope_of(UserId founder);
  static store::Membership make(const Work& work, const NewOrganization& form);
};

// Throws ApiError(email_unverified) if the account has not verified its address and belongs to ten
// organizations already: whoever comes for the address finds no more than that to be switched off. Throws
// ApiError(signup_closed) if the setting SIGNUP leaves that to super-admins.
void require_may_found(db::Txn& txn, const Context& context, const Principal& principal);

// What shall change; what is absent stays, and an inner nullopt goes back to what the service's settings say.
struct OrganizationChange {
  std::optional<std::string> name;
  std::optional<std::string> slug;
  std::optional<std::string> settings;  // a JSON object
  std::optional<bool> require_mfa;
  std::optional<bool> require_passkey;
  std::optional<bool> mail_code;
  std::optional<bool> self_approval;
  std::optional<std::optional<std::string>> mail_sender_name;
  std::optional<std::optional<std::int64_t>> session_idle_seconds;
  std::optional<std::optional<std::int64_t>> session_max_seconds;
  std::optional<std::optional<std::int64_t>> invite_seconds;
  std::optional<std::optional<LoginAlert>> login_alert;
};
// Changes what is given. Throws ApiError: validation_failed (a slug that is no host name label, a name no
// mail may bear, sessions longer than the service's own, too short, or idle for longer than they last),
// conflict (the slug is taken), mfa_not_enabled (who asks others for a second factor has one),
// sign_in_way_refused (nor may who shuts a way to sign in have come by it).
void change_organization(const Work& work, const OrganizationChange& change);

// Ends the organization, its memberships and its invitations; its members keep their accounts. Throws
// ApiError: confirmation_mismatch (that is not its name), not_found (it is gone).
void delete_organization(const Work& work, const std::string& name);

// Makes `heir`, an active member, the owner in the caller's place, who becomes an admin; both learn of it by
// mail. Throws ApiError: reauthentication_required, not_found, forbidden (the caller is no owner any more),
// validation_failed (to oneself), account_unverified, temporary_right (the caller's role has an end).
store::Member transfer_ownership(const Work& work, UserId heir, const Proof& proof);

// Returns a host name label (RFC 1123) made of `name`: lower-case ASCII letters, digits and hyphens, at
// most 50.
std::string slug_of(const std::string& name);
bool is_slug(const std::string& text);
// Throws ApiError(validation_failed) at `pointer` unless it is a host name label that an organization may
// take: www, admin, mail and their like are the service's own.
void require_new_slug(const std::string& text, const std::string& pointer = "/slug");
// Throws ApiError(conflict) at `pointer`.
[[noreturn]] void refuse_taken_slug(const std::string& pointer = "/slug");

}  // namespace tenantd::service
