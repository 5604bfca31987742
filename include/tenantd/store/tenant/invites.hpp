// Invitations: single-use and expiring. Stores only the token's hash.
#pragma once

#include <optional>
#include <string>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/email.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::store {

struct Invite {
  InviteId id;
  std::string email;
  std::optional<UserId> user;
  RoleId role;
  UserId invited_by;
  InviteStatus status = InviteStatus::pending;
  TimePoint created_at;
  TimePoint expires_at;

  bool expired(TimePoint now) const { return now >= expires_at; }
};

// Returns the organization whose invitation has this token hash, or nullopt. Needs no scope: who holds a
// token of 256 random bits holds the invitation.
std::optional<OrgId> find_invite_organization(db::Txn& txn, const std::string& token_hash);

// Throws db::DuplicateKey (key "invite_pending") if one is pending for the address.
void insert_invite(db::Txn& txn, const TenantScope& scope, const Invite& invite,
                   const std::string& token_hash);
std::optional<Invite> find_invite(db::Txn& txn, const TenantScope& scope, const std::string& token_hash);
// As find_invite, and locked until the transaction ends.
std::optional<Invite> lock_invite(db::Txn& txn, const TenantScope& scope, const std::string& token_hash);
void set_invite_status(db::Txn& txn, const TenantScope& scope, InviteId id, InviteStatus status,
                       TimePoint now);

// Removes an invitation of this address that is pending by its row but expired by the clock, so that it does
// not stand in the way of a new one before the sweeper comes. Returns its id.
std::optional<InviteId> delete_expired_invite(db::Txn& txn, const TenantScope& scope, const Email& email,
                                              TimePoint now);
// The pending invitations of this person in this organization, by account or address.
void delete_pending_invites(db::Txn& txn, const TenantScope& scope, UserId user, const std::string& email);

// The pending invitations that `inviter` sent, once that person may not invite any more. Returns how many.
std::int64_t revoke_invites_by(db::Txn& txn, const TenantScope& scope, UserId inviter, TimePoint now);
// The same of everybody who holds the role.
std::int64_t revoke_invites_by_holders(db::Txn& txn, const TenantScope& scope, RoleId role, TimePoint now);

}  // namespace tenantd::store
