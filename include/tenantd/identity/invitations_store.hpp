// Invitations: single-use and expiring. Stores only the token's hash.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/email.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/effects/sealed_mail.hpp"

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
  bool by_user = false;  // the account was named, not the address, which is not shown then

  bool expired(TimePoint now) const { return now >= expires_at; }
};

// What became of the newest mail of an invitation. It is forgotten some time after its delivery.
struct InviteDelivery {
  enum class State { queued, sent, bounced, suppressed, failed, unknown } state = State::unknown;
  std::optional<std::int64_t> attempts;
  std::optional<TimePoint> sent_at;
};
struct InviteDetail {
  Invite invite;
  std::string role;
  InviteDelivery delivery;

  // A pending one whose time is over is an expired one, whether or not the sweeper came.
  InviteStatus status_at(TimePoint now) const {
    const bool over = invite.status == InviteStatus::pending && invite.expired(now);
    return over ? InviteStatus::expired : invite.status;
  }
};
// Returns at most `limit` invitations, oldest first, after `from`; with `status` only those that have it at
// `now`.
std::vector<InviteDetail> list_invites(db::Txn& txn, const TenantScope& scope,
                                       std::optional<InviteStatus> status,
                                       const std::optional<InviteId>& from, std::int64_t limit,
                                       TimePoint now);
std::int64_t count_invites(db::Txn& txn, const TenantScope& scope, std::optional<InviteStatus> status,
                           TimePoint now);
std::optional<InviteDetail> find_invite_detail(db::Txn& txn, const TenantScope& scope, InviteId id);

// Who invites, and where to: what the mail says.
struct Letterhead {
  std::string organization;
  std::string inviter;                   // the address
  std::optional<Seconds> good_for = {};  // how long the organization's invitations are
};
Letterhead read_letterhead(db::Txn& txn, const TenantScope& scope, UserId inviter);

// An invitation whose time is over. A new one to its address takes its place.
struct ExpiredInvite {
  InviteId id;
  bool told = false;  // the sweeper has told of its end
};

// What is known when somebody is to be invited.
struct InviteGrounds {
  Letterhead from;
  std::optional<RoleRecord> role;  // of the name asked for
  std::optional<UserId> account;   // of the one invited
  std::string email;               // of that account
  Status status = Status::active;  // of that account
  bool is_member = false;
  std::optional<ExpiredInvite> expired;  // of that address
};
// In one round trip, for the scope's user as the inviter. Invited is an address, or else an account named by
// its id, which is found wherever it is: ids cannot be guessed.
InviteGrounds find_invite_grounds(db::Txn& txn, const TenantScope& scope, const std::optional<Email>& invited,
                                  const std::optional<UserId>& account, const std::string& role,
                                  TimePoint now);

// Returns the organization whose invitation has this token hash, or nullopt. Needs no scope: who holds a
// token of 256 random bits holds the invitation.
std::optional<OrgId> find_invite_organization(db::Txn& txn, const std::string& token_hash);

// With the mail that tells of it. `most`: how many may be pending in the organization; 0 = any number. Throws
// db::DuplicateKey (key "invite_pending") if one is pending for the address, and as require_place().
void insert_invite(db::Txn& txn, const TenantScope& scope, const Invite& invite,
                   const std::string& token_hash, const SealedMail& mail, std::int64_t most);
std::optional<Invite> find_invite(db::Txn& txn, const TenantScope& scope, const std::string& token_hash);
// As find_invite, and locked until the transaction ends.
std::optional<Invite> lock_invite(db::Txn& txn, const TenantScope& scope, const std::string& token_hash);
std::optional<Invite> lock_invite(db::Txn& txn, const TenantScope& scope, InviteId id);
// The pending invitation goes on with another token, mail, inviter and time. Throws db::DuplicateKey as
// insert_invite.
void renew_invite(db::Txn& txn, const TenantScope& scope, const Invite& invite, const std::string& token_hash,
                  MailId mail, TimePoint now);
// Answers a pending invitation. False if another answer was first.
bool answer_invite(db::Txn& txn, const TenantScope& scope, InviteId id, InviteStatus status, TimePoint now);
void set_invite_status(db::Txn& txn, const TenantScope& scope, InviteId id, InviteStatus status,
                       TimePoint now);

std::optional<ExpiredInvite> find_expired_invite(db::Txn& txn, const TenantScope& scope, const Email& email,
                                                 TimePoint now);
// False if it is gone already, or was sent again meanwhile.
bool delete_expired_invite(db::Txn& txn, const TenantScope& scope, InviteId id, TimePoint now);
// Notes that the person of the expired invitation asks for a new one. False if that was noted after `since`
// already, or no expired one has this token any more.
bool ask_again(db::Txn& txn, const TenantScope& scope, const std::string& token_hash, TimePoint since,
               TimePoint now);
// The pending and expired invitations of this person in this organization, by account or address.
void delete_open_invites(db::Txn& txn, const TenantScope& scope, UserId user, const std::string& email);

// The pending invitations that `inviters` sent, once they may not invite any more. Returns how many.
std::int64_t revoke_invites_by(db::Txn& txn, const TenantScope& scope, const std::vector<UserId>& inviters,
                               TimePoint now);
// The same of everybody who holds the role.
std::int64_t revoke_invites_by_holders(db::Txn& txn, const TenantScope& scope, RoleId role, TimePoint now);

}  // namespace tenantd::store
