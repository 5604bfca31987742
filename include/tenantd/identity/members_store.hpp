// Memberships of one organization.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "identity/accounts/proven_account.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::store {

struct Member {
  UserId user;
  std::string email;
  std::string profile;  // JSON object
  RoleRecord role;
  Status status = Status::active;
  TimePoint created_at;
  TimePoint updated_at;
  // Of the account.
  std::optional<TimePoint> email_verified_at;
  bool mfa_enabled = false;
  TimePoint user_created_at;
  TimePoint user_updated_at;
};

// What a membership rests on.
struct Grant {
  RoleId role;
  std::optional<UserId> by;             // who lets the account in; nullopt = nobody inside the organization
  std::optional<TimePoint> expires_at;  // of the role; nullopt = never
};
// Throws db::DuplicateKey if the account is a member already.
void insert_member(db::Txn& txn, const TenantScope& scope, const ProvenAccount& account, const Grant& grant,
                   TimePoint now);
std::optional<Member> find_member(db::Txn& txn, const TenantScope& scope, UserId user);
// The member as whom a request acts, which was let in by what it showed some time ago. Throws
// ApiError(invalid_token) if that session or key has ended since.
std::optional<Member> find_caller(db::Txn& txn, const TenantScope& scope, const Principal& caller);
// Those of `users` who are members.
std::set<UserId> members_among(db::Txn& txn, const TenantScope& scope, const std::vector<UserId>& users);
// False if there was none.
// Their sessions from before do not count here any more, should they come back.
bool delete_member(db::Txn& txn, const TenantScope& scope, UserId user, TimePoint now);
// From `expires_at` on the role grants nothing; nullopt = it never ends. False if there is no such member.
bool set_member_role(db::Txn& txn, const TenantScope& scope, UserId user, RoleId role,
                     const std::optional<TimePoint>& expires_at, TimePoint now);
// False if there is none.
bool set_member_status(db::Txn& txn, const TenantScope& scope, UserId user, Status status, TimePoint now);
void deactivate_members(db::Txn& txn, const TenantScope& scope, const std::vector<UserId>& users,
                        TimePoint now);
// Active members who are here by `user`'s leave alone: no chain of those who let each other in leads to them
// from anybody else who was there from the beginning. A chain whose link has left, or that goes in a circle,
// leads from nobody.
std::vector<UserId> list_standing_on(db::Txn& txn, const TenantScope& scope, UserId user);
// Sessions of the member that began before `now` find no membership here any more, and what they asked for is
// forgotten.
void shut_out_sessions(db::Txn& txn, const TenantScope& scope, UserId user, TimePoint now);
// Returns who has been an owner longest, of the active ones whose accounts are active; nullopt if there is
// none.
std::optional<UserId> find_first_owner(db::Txn& txn, const TenantScope& scope);
// Active members whose role is owner, without an end. Exact only under lock_organization.
std::int64_t count_owners(db::Txn& txn, const TenantScope& scope);

struct MemberFilter {
  std::optional<Status> status;
  std::optional<std::string> role;  // by name
  std::optional<std::string> q;     // part of the address or of the name in the profile, in either case
};
// Returns at most `limit` members, oldest first, after `from`.
std::vector<Member> list_members(db::Txn& txn, const TenantScope& scope, const MemberFilter& filter,
                                 const std::optional<Keyset>& from, std::int64_t limit);
std::int64_t count_members(db::Txn& txn, const TenantScope& scope, const MemberFilter& filter);

// How many members joined on a day (UTC, days since 1970).
struct DayCount {
  std::int64_t day = 0;
  std::int64_t members = 0;
};
// Days on which nobody joined are left out. `from` and `to` belong to the range.
std::vector<DayCount> count_members_by_day(db::Txn& txn, const TenantScope& scope, TimePoint from,
                                           TimePoint to);
// How many members hold a role, by status.
struct RoleStatusCount {
  std::string role;
  Status status = Status::active;
  std::int64_t members = 0;
};
std::vector<RoleStatusCount> count_members_by_role(db::Txn& txn, const TenantScope& scope);

}  // namespace tenantd::store
