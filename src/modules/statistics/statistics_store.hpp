// Members counted over organizations: those where the caller may read statistics, or all for a super-admin.
// Numbers come from counters that the database keeps as members change; a time filter adds the edges from an
// index.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::store {

struct CountFilter {
  std::optional<TimePoint> from;  // joined at or after
  std::optional<TimePoint> to;    // joined at or before
  std::optional<Status> status;
};

struct OrganizationCount {
  OrgId org;
  std::string name;
  std::string role;  // empty unless counted by role
  std::int64_t members = 0;
};

// Who counts: `user` where `session` counts and that user may at `now`; `everywhere` (a super-admin) all.
struct Counting {
  UserId user;
  SessionId session;
  bool everywhere = false;
};
std::vector<OrganizationCount> count_by_organization(db::Txn& txn, const Counting& by,
                                                     const CountFilter& filter, TimePoint now);
std::vector<OrganizationCount> count_by_organization_and_role(db::Txn& txn, const Counting& by,
                                                              const CountFilter& filter, TimePoint now);
struct RoleCount {
  std::string role;
  std::int64_t members = 0;
};
std::vector<RoleCount> count_by_role(db::Txn& txn, const Counting& by, TimePoint now);

}  // namespace tenantd::store
