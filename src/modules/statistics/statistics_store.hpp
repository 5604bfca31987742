// Members counted over organizations: those where the caller may read statistics, or all for a super-admin.
// Numbers come from counters that the database keeps as members change. Between two times the plan follows
// the size of what is counted: of few members the counter's row says when each of them joined; of many the
// counters of whole blocks are added up, and the edges come from an index.
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

// Which organizations: in the order of their ids, at most so many behind `after`.
struct CountPage {
  OrgId after;
  std::int64_t organizations = 1000;
};

struct Counts {
  std::vector<OrganizationCount> rows;  // in the order of organizations and roles; none of zero members
  std::optional<OrgId> last;            // more organizations follow behind it; nullopt = none does
};

Counts count_by_organization(db::Txn& txn, const Counting& by, const CountFilter& filter,
                             const CountPage& page, TimePoint now);
Counts count_by_organization_and_role(db::Txn& txn, const Counting& by, const CountFilter& filter,
                                      const CountPage& page, TimePoint now);
struct RoleCount {
  std::string role;
  std::int64_t members = 0;
};
std::vector<RoleCount> count_by_role(db::Txn& txn, const Counting& by, TimePoint now);

// How many of the times in `times` (",1700000000,1700000100", as the counters keep them) lie between `from`
// and `to`; nullopt if they are not `all` times, or no such list.
std::optional<std::int64_t> count_between(std::string_view times, std::int64_t all, std::int64_t from,
                                          std::int64_t to);

}  // namespace tenantd::store
