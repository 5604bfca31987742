// Accounts that an administrator makes for people of the organization.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "tenantd/domain/email.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/identity/members_store.hpp"

namespace tenantd::service {

struct NewUserForm {
  Email email;
  std::string profile = "{}";  // JSON object
  std::string role = std::string{kDefaultInviteRole};
  bool send_welcome_email = true;
};

// Mails the owner of an account without a password a link to choose one. `maker`: who made the account.
void mail_password_link(db::Txn& txn, const Context& context, const UserRecord& user, OrgId org,
                        const std::string& organization, const std::string& maker, const std::string& role);

// Makes accounts in one organization, any number in one transaction. Holds the organization's lock from the
// start: two lists in one organization come one after the other instead of into a deadlock.
class UserMaker {
 public:
  explicit UserMaker(const Work& work);

  // Makes an account without a password and its active membership, and mails a link to choose a password.
  // Throws ApiError: not_found (no such role), role_outranks, email_taken (its owner is to be asked by an
  // invitation), rate_limited (the caller has invited and made as many as an hour allows, or the address had
  // its share of mails). What it has written by then is the caller's to undo.
  store::Member make(const NewUserForm& form);

 private:
  const RoleRecord& role_named(const std::string& name);

  Work work_;
  std::string organization_;            // name
  std::string maker_;                   // address of who makes them
  std::optional<TimePoint> role_ends_;  // nobody gives a role for longer than they hold their own
  std::map<std::string, RoleRecord> roles_;
};

// What shall change of a member; what is absent stays.
struct UserChange {
  std::optional<std::string> profile;  // JSON object, in place of the one there is
  std::optional<std::string> role;
  std::optional<Status> status;  // of the membership
};
// Throws ApiError: forbidden (a role without the permission to assign roles), not_found (no such member or
// role), role_outranks, last_owner, account_shared.
store::Member update_user(const Work& work, UserId user, const UserChange& change);

// Throws ApiError: forbidden unless the caller may assign roles, not_found if there is no such role.
void require_assignable(db::Txn& txn, const TenantScope& scope, const std::string& role);

}  // namespace tenantd::service
