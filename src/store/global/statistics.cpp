#include "tenantd/store/global/statistics.hpp"

#include <limits>
#include <map>

namespace tenantd::store {
namespace {

using db::Sql;

constexpr std::int64_t kBlockBits = 21;  // as in the triggers on `member`
constexpr std::int64_t kAllTime = -1;

// Two views of one shape: what the caller may count, and everything (empty unless the scope is a
// super-admin's).
struct Queries {
  Sql by_org, by_org_role, by_role, edge_by_org, edge_by_org_role;
};

#define TENANTD_QUERIES(view)                                                                             \
  {                                                                                                       \
    {#view ".by_org",                                                                                     \
     "SELECT org_id, name, SUM(members) FROM " #view                                                      \
     "_count WHERE block BETWEEN ? AND ? "                                                                \
     "AND status = COALESCE(?, status) GROUP BY org_id, name HAVING SUM(members) > 0 ORDER BY org_id"},   \
        {#view ".by_org_role",                                                                            \
         "SELECT org_id, name, role_name, SUM(members) FROM " #view                                       \
         "_count WHERE block BETWEEN ? AND ? "                                                            \
         "AND status = COALESCE(?, status) GROUP BY org_id, name, role_name HAVING SUM(members) > 0 "     \
         "ORDER BY org_id, role_name"},                                                                   \
        {#view ".by_role", "SELECT role_name, SUM(members) FROM " #view                                   \
                           "_count WHERE block = ? GROUP BY role_name "                                   \
                           "HAVING SUM(members) > 0 ORDER BY role_name"},                                 \
        {#view ".edge_by_org", "SELECT org_id, name, COUNT(*) FROM " #view                                \
                               "_member WHERE created_at BETWEEN ? AND ? "                                \
                               "AND status = COALESCE(?, status) GROUP BY org_id, name"},                 \
        {#view ".edge_by_org_role", "SELECT org_id, name, role_name, COUNT(*) FROM " #view                \
                                    "_member WHERE created_at BETWEEN ? AND ? "                           \
                                    "AND status = COALESCE(?, status) GROUP BY org_id, name, role_name"}, \
  }
constexpr Queries kMine TENANTD_QUERIES(countable);
constexpr Queries kAll TENANTD_QUERIES(system);
#undef TENANTD_QUERIES

struct Range {
  std::int64_t first, last;  // inclusive
  bool empty() const { return first > last; }
};

// The whole blocks inside [from, to], and what is left of the range on either side.
struct Cut {
  Range blocks, left, right;
};

Cut cut(const CountFilter& filter) {
  constexpr std::int64_t block = std::int64_t{1} << kBlockBits;
  const std::int64_t from = filter.from ? std::max<std::int64_t>(unix_seconds(*filter.from), 0) : 0;
  const std::int64_t to =
      filter.to ? unix_seconds(*filter.to) : std::numeric_limits<std::int64_t>::max() - block;
  const std::int64_t first = (from + block - 1) >> kBlockBits;
  const std::int64_t last = ((to + 1) >> kBlockBits) - 1;
  if (first > last) return {{0, -1}, {from, to}, {0, -1}};
  return {{first, last}, {from, (first << kBlockBits) - 1}, {(last + 1) << kBlockBits, to}};
}

using Key = std::pair<OrgId, std::string>;
using Counts = std::map<Key, OrganizationCount>;

void add(Counts& counts, db::Rows rows, bool by_role) {
  while (rows.next()) {
    const auto org = rows.id<OrgId>(0);
    const auto role = by_role ? rows.text(2) : std::string{};
    auto& row = counts[{org, role}];
    row.org = org;
    row.name = rows.text(1);
    row.role = role;
    row.members += rows.integer(by_role ? 3 : 2);
  }
}

std::vector<OrganizationCount> count(db::Txn& txn, UserId user, bool everywhere, const CountFilter& filter,
                                     bool by_role) {
  txn.enter({std::nullopt, user, everywhere});
  const Queries& queries = everywhere ? kAll : kMine;
  const Sql& totals = by_role ? queries.by_org_role : queries.by_org;
  std::vector<OrganizationCount> result;

  if (!filter.from && !filter.to) {
    auto rows = txn.query(totals, kAllTime, kAllTime, filter.status);
    result.reserve(rows.count());
    while (rows.next())
      result.push_back(
          {rows.id<OrgId>(0), rows.text(1), by_role ? rows.text(2) : "", rows.integer(by_role ? 3 : 2)});
    return result;
  }
  const Cut parts = cut(filter);
  const Sql& edges = by_role ? queries.edge_by_org_role : queries.edge_by_org;
  Counts counts;
  if (!parts.blocks.empty())
    add(counts, txn.query(totals, parts.blocks.first, parts.blocks.last, filter.status), by_role);
  for (const Range& edge : {parts.left, parts.right})
    if (!edge.empty()) add(counts, txn.query(edges, edge.first, edge.last, filter.status), by_role);
  for (auto& [key, row] : counts) result.push_back(std::move(row));
  return result;
}

}  // namespace

std::vector<OrganizationCount> count_by_organization(db::Txn& txn, UserId user, bool everywhere,
                                                     const CountFilter& filter) {
  return count(txn, user, everywhere, filter, false);
}

std::vector<OrganizationCount> count_by_organization_and_role(db::Txn& txn, UserId user, bool everywhere,
                                                              const CountFilter& filter) {
  return count(txn, user, everywhere, filter, true);
}

std::vector<RoleCount> count_by_role(db::Txn& txn, UserId user, bool everywhere) {
  txn.enter({std::nullopt, user, everywhere});
  auto rows = txn.query(everywhere ? kAll.by_role : kMine.by_role, kAllTime);
  std::vector<RoleCount> result;
  while (rows.next()) result.push_back({rows.text(0), rows.integer(1)});
  return result;
}

}  // namespace tenantd::store
