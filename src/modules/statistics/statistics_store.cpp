#include "modules/statistics/statistics_store.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

// Two sets of views of one shape: what the caller may count in this session, and everything (empty unless the
// scope is a super-admin's). The user stands in the query as well: the scope is not the only wall.
#define TENANTD_IN_countable "session_id = ? AND user_id = ? AND "
#define TENANTD_IN_system "? IS NOT NULL AND ? IS NOT NULL AND "
// Grouping in the server would sort the rows in a temporary table: they are added up here.
#define TENANTD_COUNTED                                        \
  "org_id > ? AND org_id <= ? AND block = -1 AND members > 0 " \
  "AND status = COALESCE(?, status) AND (granted_until IS NULL OR granted_until > ?)"
struct Queries {
  Sql totals, roles, groups;
};
#define TENANTD_QUERIES(view)                                                                           \
  {                                                                                                     \
    {#view ".totals",                                                                                   \
     "SELECT org_id, name, '', members FROM " #view "_total WHERE " TENANTD_IN_##view TENANTD_COUNTED}, \
        {#view ".roles", "SELECT org_id, name, role_name, members FROM " #view                          \
                         "_count WHERE " TENANTD_IN_##view TENANTD_COUNTED},                            \
        {#view ".groups", "SELECT org_id, name, role_name, members, role_id, status, times FROM " #view \
                          "_count WHERE " TENANTD_IN_##view TENANTD_COUNTED},                           \
  }
constexpr Queries kMine TENANTD_QUERIES(countable);
constexpr Queries kAll TENANTD_QUERIES(system);
#undef TENANTD_QUERIES
#undef TENANTD_COUNTED
// The last organization of a page, and the one behind it, if there is one.
constexpr Sql kEndOfPage{"system.end_of_page",
                         "SELECT id FROM system_tenant WHERE id > ? ORDER BY id LIMIT 2 OFFSET ?"};
constexpr Sql kJoined{"countable.joined", "CALL count_joined(?, ?, ?, ?, ?, ?)"};
constexpr Sql kMyRoles{"countable.by_role",
                       "SELECT role_name, SUM(members) FROM countable_count WHERE " TENANTD_IN_countable
                       "block = -1 "
                       "AND (granted_until IS NULL OR granted_until > ?) GROUP BY role_name "
                       "HAVING SUM(members) > 0 ORDER BY role_name"};
constexpr Sql kAllRoles{"system.by_role",
                        "SELECT role_name, SUM(members) FROM system_role_count GROUP BY role_name "
                        "HAVING SUM(members) > 0 ORDER BY role_name"};
#undef TENANTD_IN_countable
#undef TENANTD_IN_system

// Members of one role and status in one organization.
struct Group {
  OrganizationCount count;
  RoleId role;
  std::int64_t status;
  bool unknown = false;  // its counter does not say when they joined
};

struct Span {
  std::int64_t from, to;  // seconds, inclusive
};

// Behind every time that may be asked for.
constexpr std::int64_t kBeyond = std::int64_t{1} << 40;

Span span_of(const CountFilter& filter) {
  const auto seconds = [](const std::optional<TimePoint>& time, std::int64_t otherwise) {
    return time ? std::clamp<std::int64_t>(unix_seconds(*time), 0, kBeyond) : otherwise;
  };
  return {seconds(filter.from, 0), seconds(filter.to, kBeyond)};
}

OrganizationCount read_count(const db::Rows& rows) {
  return {rows.id<OrgId>(0), rows.text(1), rows.text(2), rows.integer(3)};
}

Group read_group(const db::Rows& rows, const Span& span) {
  Group group{read_count(rows), rows.id<RoleId>(4), rows.integer(5)};
  const auto joined = count_between(rows.maybe_text(6).value_or(""), group.count.members, span.from, span.to);
  group.unknown = !joined;
  group.count.members = joined.value_or(0);
  return group;
}

// Counts the groups that are unknown.
void count_unknown(db::Txn& txn, const Counting& by, const CountFilter& filter, const Span& span,
                   std::vector<Group>& groups, TimePoint now) {
  std::map<std::tuple<OrgId, RoleId, std::int64_t>, Group*> places;
  std::vector<OrgId> orgs;
  for (auto& group : groups) {
    if (!group.unknown) continue;
    const auto org = group.count.org;
    places.emplace(std::tuple{org, group.role, group.status}, &group);
    orgs.push_back(org);
  }
  if (orgs.empty()) return;
  std::sort(orgs.begin(), orgs.end());
  orgs.erase(std::unique(orgs.begin(), orgs.end()), orgs.end());
  const auto add = [&](db::Rows& rows) {
    while (rows.next()) {
      const auto place = places.find({rows.id<OrgId>(0), rows.id<RoleId>(1), rows.integer(2)});
      if (place != places.end()) place->second->count.members += rows.integer(3);
    }
    return orgs.size();
  };
  txn.call(kJoined, add, by.session, id_list(orgs), filter.status, span.from, span.to, now);
}

std::vector<OrganizationCount> joined_between(db::Txn& txn, const Counting& by, const CountFilter& filter,
                                              db::Rows rows, TimePoint now) {
  const auto span = span_of(filter);
  std::vector<Group> groups;
  groups.reserve(rows.count());
  while (rows.next()) groups.push_back(read_group(rows, span));
  count_unknown(txn, by, filter, span, groups, now);
  std::vector<OrganizationCount> counts;
  counts.reserve(groups.size());
  for (auto& group : groups) counts.push_back(std::move(group.count));
  return counts;
}

// One row for each organization (and role) that has members, in the order of ids and roles.
std::vector<OrganizationCount> add_up(std::vector<OrganizationCount> counts) {
  const auto key = [](const OrganizationCount& row) { return std::tie(row.org, row.role); };
  std::sort(counts.begin(), counts.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  std::vector<OrganizationCount> sums;
  for (auto& row : counts) {
    if (row.members == 0) continue;
    if (!sums.empty() && key(sums.back()) == key(row)) {
      sums.back().members += row.members;
    } else {
      sums.push_back(std::move(row));
    }
  }
  return sums;
}

struct End {
  OrgId upto;
  bool more = false;
};

// Where a page of all organizations ends. That of one person's is cut when it is read: they are few.
End end_of_page(db::Txn& txn, const Counting& by, const CountPage& page) {
  UuidBytes last;
  last.fill(0xFF);
  if (!by.everywhere) return {OrgId{last}};
  auto rows = txn.query(kEndOfPage, page.after, page.organizations - 1);
  if (!rows.next()) return {OrgId{last}};
  const auto upto = rows.id<OrgId>(0);
  return {upto, rows.next()};
}

// Leaves the first `most` organizations. Returns the last of them if others were there.
std::optional<OrgId> cut(std::vector<OrganizationCount>& rows, std::int64_t most) {
  std::int64_t seen = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i > 0 && rows[i].org == rows[i - 1].org) continue;
    if (++seen <= most) continue;
    const auto last = rows[i - 1].org;
    rows.resize(i);
    return last;
  }
  return std::nullopt;
}

Counts count(db::Txn& txn, const Counting& by, const CountFilter& filter, const CountPage& page, bool by_role,
             TimePoint now) {
  txn.enter({std::nullopt, by.user, by.everywhere});
  const auto& queries = by.everywhere ? kAll : kMine;
  const auto end = end_of_page(txn, by, page);
  const auto ask = [&](const Sql& sql) {
    return txn.query(sql, by.session, by.user, page.after, end.upto, filter.status, now);
  };
  std::vector<OrganizationCount> counts;
  if (filter.from || filter.to) {
    counts = joined_between(txn, by, filter, ask(queries.groups), now);
  } else {
    auto rows = ask(by_role ? queries.roles : queries.totals);
    counts.reserve(rows.count());
    while (rows.next()) counts.push_back(read_count(rows));
  }
  if (!by_role)
    for (auto& row : counts) row.role.clear();
  Counts found{add_up(std::move(counts)), std::nullopt};
  found.last = cut(found.rows, page.organizations);
  if (end.more) found.last = end.upto;
  return found;
}

}  // namespace

std::optional<std::int64_t> count_between(std::string_view times, std::int64_t all, std::int64_t from,
                                          std::int64_t to) {
  std::int64_t seen = 0;
  std::int64_t inside = 0;
  const char* at = times.data();
  const char* const end = at + times.size();
  while (at != end) {
    std::int64_t time = 0;
    if (*at != ',') return std::nullopt;
    const auto read = std::from_chars(at + 1, end, time);
    if (read.ec != std::errc{}) return std::nullopt;
    at = read.ptr;
    ++seen;
    inside += time >= from && time <= to;
  }
  if (seen != all) return std::nullopt;
  return inside;
}

Counts count_by_organization(db::Txn& txn, const Counting& by, const CountFilter& filter,
                             const CountPage& page, TimePoint now) {
  return count(txn, by, filter, page, false, now);
}

Counts count_by_organization_and_role(db::Txn& txn, const Counting& by, const CountFilter& filter,
                                      const CountPage& page, TimePoint now) {
  return count(txn, by, filter, page, true, now);
}

std::vector<RoleCount> count_by_role(db::Txn& txn, const Counting& by, TimePoint now) {
  txn.enter({std::nullopt, by.user, by.everywhere});
  auto rows = by.everywhere ? txn.query(kAllRoles) : txn.query(kMyRoles, by.session, by.user, now);
  std::vector<RoleCount> result;
  while (rows.next()) result.push_back({rows.text(0), rows.integer(1)});
  return result;
}

}  // namespace tenantd::store
