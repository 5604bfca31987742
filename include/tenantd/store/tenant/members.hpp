// Memberships of one organization.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/store/global/sessions.hpp"

namespace tenantd::store {

struct Member {
  UserId user;
  std::string email;
  std::string profile;  // JSON object
  RoleRecord role;
  Status status = Status::active;
  TimePoint created_at;
  TimePoint updated_at;
};

// Throws db::DuplicateKey if the user is a member already.
void insert_member(db::Txn& txn, const TenantScope& scope, UserId user, RoleId role, TimePoint now);
std::optional<Member> find_member(db::Txn& txn, const TenantScope& scope, UserId user);
// False if there was none.
bool delete_member(db::Txn& txn, const TenantScope& scope, UserId user);
bool set_member_role(db::Txn& txn, const TenantScope& scope, UserId user, RoleId role, TimePoint now);
// Active members whose role is owner. Exact only under lock_organization.
std::int64_t count_owners(db::Txn& txn, const TenantScope& scope);

struct MemberFilter {
  std::optional<Status> status;
  std::optional<std::string> role;  // by name
};
// Returns at most `limit` members, oldest first, after `from`.
std::vector<Member> list_members(db::Txn& txn, const TenantScope& scope, const MemberFilter& filter,
                                 const std::optional<Keyset>& from, std::int64_t limit);
std::int64_t count_members(db::Txn& txn, const TenantScope& scope, const MemberFilter& filter);

}  // namespace tenantd::store
