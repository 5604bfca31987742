#include "modules/statistics/statistics_store.hpp"

#include <algorithm>
#include <tuple>

namespace tenantd::store {
namespace {

using db::Sql;

constexpr std::int64_t kBlockBits = 22;  // as in `member`.block
constexpr std::int64_t kAllTime = -1;

// What counts by one key: in all or by role. `block`: one block, or all time; its rows are added up here,
// since grouping in the server would sort them in a temporary table. `blocks`: a range of blocks; `joined`: a
// part of one block.
struct Queries {
  Sql block, blocks, joined;
};

// Two sets of views of one shape: what the caller may count in this session, and everything (empty unless the
// scope is a super-admin's). The user stands in the query as well: the scope is not the only wall.
#define TENANTD_IN_countable "session_id = ? AND user_id = ? AND "
#define TENANTD_IN_system "? IS NOT NULL AND ? IS NOT NULL AND "
#define TENANTD_COUNTED "status = COALESCE(?, status) AND (granted_until IS NULL OR granted_until > ?)"
#define TENANTD_BY_ORGANIZATION(view)                                                                      \
  {                                                                                                        \
    {#view ".total", "SELECT org_id, name, '', members FROM " #view "_total WHERE " TENANTD_IN_##view      \
     "block = ? AND " TENANTD_COUNTED},                                                                    \
        {#view ".totals",                                                                                  \
         "SELECT org_id, name, '', SUM(members) FROM " #view "_total WHERE " TENANTD_IN_##view             \
         "block BETWEEN ? AND ? AND " TENANTD_COUNTED " GROUP BY org_id"},                                 \
        {#view ".joined", "SELECT org_id, name, '', COUNT(*) FROM " #view "_join WHERE " TENANTD_IN_##view \
         "block = ? AND created_at BETWEEN ? AND ? AND " TENANTD_COUNTED " GROUP BY org_id"},              \
  }
#define TENANTD_BY_ROLE(view)                                                                               \
  {                                                                                                         \
    {#view ".role", "SELECT org_id, name, role_name, members FROM " #view "_count WHERE " TENANTD_IN_##view \
     "block = ? AND " TENANTD_COUNTED},                                                                     \
        {#view ".roles",                                                                                    \
         "SELECT org_id, name, role_name, SUM(members) FROM " #view "_count WHERE " TENANTD_IN_##view       \
         "block BETWEEN ? AND ? AND " TENANTD_COUNTED " GROUP BY org_id, role_name"},                       \
        {#view ".joined_by_role",                                                                           \
         "SELECT org_id, name, role_name, COUNT(*) FROM " #view "_member WHERE " TENANTD_IN_##view          \
         "block = ? AND created_at BETWEEN ? AND ? AND " TENANTD_COUNTED " GROUP BY org_id, role_name"},    \
  }
constexpr Queries kMine TENANTD_BY_ORGANIZATION(countable);
constexpr Queries kAll TENANTD_BY_ORGANIZATION(system);
constexpr Queries kMineByRole TENANTD_BY_ROLE(countable);
constexpr Queries kAllByRole TENANTD_BY_ROLE(system);
#undef TENANTD_BY_ORGANIZATION
#undef TENANTD_BY_ROLE
#undef TENANTD_COUNTED
constexpr Sql kMyRoles{"countable.by_role",
                       "SELECT role_name, SUM(members) FROM countable_count WHERE " TENANTD_IN_countable
                       "block = ? "
                       "AND (granted_until IS NULL OR granted_until > ?) GROUP BY role_name "
                       "HAVING SUM(members) > 0 ORDER BY role_name"};
constexpr Sql kAllRoles{"system.by_role",
                        "SELECT role_name, SUM(members) FROM system_count WHERE " TENANTD_IN_system
                        "block = ? "
                        "AND (granted_until IS NULL OR granted_until > ?) GROUP BY role_name "
                        "HAVING SUM(members) > 0 ORDER BY role_name"};
#undef TENANTD_IN_countable
#undef TENANTD_IN_system

// A part of one block.
struct Edge {
  std::int64_t block, from, to;  // inclusive
};

// The whole blocks inside a range of time, and what is left of it on either side.
struct Cut {
  std::int64_t first_block, last_block;  // first > last: none
  std::vector<Edge> edges;
};

Cut cut(const CountFilter& filter) {
  constexpr std::int64_t beyond = std::int64_t{1} << 40;
  const std::int64_t from = filter.from ? std::clamp<std::int64_t>(unix_seconds(*filter.from), 0, beyond) : 0;
  const std::int64_t to = filter.to ? std::clamp<std::int64_t>(unix_seconds(*filter.to), 0, beyond) : beyond;
  const std::int64_t from_block = from >> kBlockBits;
  const std::int64_t to_block = to >> kBlockBits;
  const auto start_of = [](std::int64_t block) { return block << kBlockBits; };
  if (from_block == to_block) return {0, -1, {{from_block, from, to}}};
  return {from_block + 1,
          to_block - 1,
          {{from_block, from, start_of(from_block + 1) - 1}, {to_block, start_of(to_block), to}}};
}

void read(std::vector<OrganizationCount>& counts, db::Rows rows, bool by_role) {
  counts.reserve(counts.size() + rows.count());
  while (rows.next())
    counts.push_back(
        {rows.id<OrgId>(0), rows.text(1), by_role ? rows.text(2) : std::string{}, rows.integer(3)});
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

std::vector<OrganizationCount> count(db::Txn& txn, const Counting& by, const CountFilter& filter,
                                     bool by_role, TimePoint now) {
  txn.enter({std::nullopt, by.user, by.everywhere});
  const Queries& queries =
      by_role ? (by.everywhere ? kAllByRole : kMineByRole) : (by.everywhere ? kAll : kMine);
  std::vector<OrganizationCount> counts;
  if (!filter.from && !filter.to) {
    read(counts, txn.query(queries.block, by.session, by.user, kAllTime, filter.status, now), by_role);
    return add_up(std::move(counts));
  }
  const Cut parts = cut(filter);
  if (parts.first_block <= parts.last_block)
    read(counts,
         txn.query(queries.blocks, by.session, by.user, parts.first_block, parts.last_block, filter.status,
                   now),
         by_role);
  for (const Edge& edge : parts.edges)
    read(counts,
         txn.query(queries.joined, by.session, by.user, edge.block, edge.from, edge.to, filter.status, now),
         by_role);
  return add_up(std::move(counts));
}

}  // namespace

std::vector<OrganizationCount> count_by_organization(db::Txn& txn, const Counting& by,
                                                     const CountFilter& filter, TimePoint now) {
  return count(txn, by, filter, false, now);
}

std::vector<OrganizationCount> count_by_organization_and_role(db::Txn& txn, const Counting& by,
                                                              const CountFilter& filter, TimePoint now) {
  return count(txn, by, filter, true, now);
}

std::vector<RoleCount> count_by_role(db::Txn& txn, const Counting& by, TimePoint now) {
  txn.enter({std::nullopt, by.user, by.everywhere});
  auto rows = txn.query(by.everywhere ? kAllRoles : kMyRoles, by.session, by.user, kAllTime, now);
  std::vector<RoleCount> result;
  while (rows.next()) result.push_back({rows.text(0), rows.integer(1)});
  return result;
}

}  // namespace tenantd::store
