#include "tenantd/identity/tenants_store.hpp"

#include "tenantd/effects/rows.hpp"
#include "tenantd/identity/organizations_store.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

#define TENANTD_TENANT_COLUMNS                                                                         \
  "SELECT s.id, s.name, s.slug, s.status, s.personal, s.require_mfa, s.created_at, s.updated_at, "     \
  "s.max_members, s.max_projects, s.max_storage_bytes, s.max_requests, s.deactivated_at, s.revision, " \
  "COALESCE((SELECT t.members FROM system_size t WHERE t.org_id = s.id AND t.status = 0), 0), "        \
  "COALESCE(g.projects, 0), COALESCE(g.storage_bytes, 0) "                                             \
  "FROM system_tenant s LEFT JOIN system_usage g ON g.org_id = s.id "
// What is looked for is taken literally: no pattern, no folding but of case.
#define TENANTD_TENANT_NAMED                                    \
  "(INSTR(LOWER(s.name), LOWER(?) COLLATE utf8mb4_bin) > 0 OR " \
  "INSTR(CONVERT(s.slug USING utf8mb4), LOWER(?) COLLATE utf8mb4_bin) > 0) "
#define TENANTD_TENANT_PAGE \
  "s.created_at >= ? AND (s.created_at > ? OR s.id > ?) ORDER BY s.created_at, s.id LIMIT ?"
constexpr Sql kList{"tenant.list", TENANTD_TENANT_COLUMNS "WHERE " TENANTD_TENANT_PAGE};
constexpr Sql kListOfStatus{"tenant.list_of_status",
                            TENANTD_TENANT_COLUMNS "WHERE s.status = ? AND " TENANTD_TENANT_PAGE};
constexpr Sql kSearch{"tenant.search", TENANTD_TENANT_COLUMNS
                      "WHERE s.status = COALESCE(?, s.status) AND " TENANTD_TENANT_NAMED
                      "AND " TENANTD_TENANT_PAGE};
constexpr Sql kCount{"tenant.count",
                     "SELECT COUNT(*) FROM system_tenant s WHERE s.status = COALESCE(?, s.status)"};
constexpr Sql kCountSearched{"tenant.count_searched",
                             "SELECT COUNT(*) FROM system_tenant s WHERE s.status = COALESCE(?, s.status) "
                             "AND " TENANTD_TENANT_NAMED};
constexpr Sql kFind{"tenant.find", TENANTD_TENANT_COLUMNS "WHERE s.id = ?"};
#undef TENANTD_TENANT_COLUMNS
#undef TENANTD_TENANT_NAMED
#undef TENANTD_TENANT_PAGE
constexpr Sql kUpdate{
    "tenant.update",
    "UPDATE system_tenant SET name = ?, slug = ?, status = ?, deactivated_at = ?, max_members = ?, "
    "max_projects = ?, max_storage_bytes = ?, max_requests = ?, revision = revision + 1, updated_at = ? "
    "WHERE id = ? AND revision = ?"};
constexpr Sql kByStatus{"tenant.count_by_status",
                        "SELECT status, COUNT(*) FROM system_tenant GROUP BY status"};
constexpr Sql kMembers{"tenant.count_members",
                       "SELECT status, SUM(members) FROM system_size GROUP BY status"};
constexpr Sql kByDay{"tenant.count_by_day",
                     "SELECT created_at DIV 86400, COUNT(*) FROM system_tenant "
                     "WHERE created_at BETWEEN ? AND ? GROUP BY 1 ORDER BY 1"};
constexpr Sql kLargest{"tenant.largest",
                       "SELECT s.id, s.name, s.slug, t.members FROM "
                       "(SELECT org_id, members FROM system_size WHERE status = 0 "
                       "ORDER BY members DESC, org_id LIMIT ?) t JOIN system_tenant s ON s.id = t.org_id "
                       "ORDER BY t.members DESC, s.id"};
constexpr Sql kActivity{
    "tenant.activity",
    "SELECT (SELECT COUNT(*) FROM invite WHERE org_id = ? AND status = 0 AND expires_at > ?), "
    "(SELECT COUNT(*) FROM api_key WHERE org_id = ? AND (expires_at IS NULL OR expires_at > ?)), "
    "(SELECT COUNT(*) FROM home_session WHERE org_id = ? AND counts_until > ?), "
    "GREATEST(COALESCE((SELECT created_at FROM event WHERE org_id = ? ORDER BY seq DESC LIMIT 1), 0), "
    "COALESCE((SELECT MAX(rotated_at) FROM session WHERE org_id = ?), 0), "
    "COALESCE((SELECT MAX(last_used_at) FROM api_key WHERE org_id = ?), 0))"};

Tenant read_tenant(const db::Rows& rows) {
  return {read_organization(rows, 0),
          {rows.maybe_integer(8), rows.maybe_integer(9), rows.maybe_integer(10), rows.maybe_integer(11)},
          maybe_time(rows, 12),
          rows.integer(13),
          {rows.integer(14), rows.integer(15), rows.integer(16)}};
}

StatusCounts read_counts(db::Rows rows) {
  StatusCounts counts;
  while (rows.next()) {
    const bool active = static_cast<Status>(rows.integer(0)) == Status::active;
    (active ? counts.active : counts.inactive) += rows.integer(1);
  }
  return counts;
}

}  // namespace

std::vector<Tenant> list_tenants(db::Txn& txn, const SuperAdmin& admin, const TenantFilter& filter,
                                 const std::optional<Keyset>& from, std::int64_t limit) {
  txn.enter(admin);
  const Keyset start = from.value_or(Keyset{from_unix(-1), {}});
  const OrgId after{start.id};
  auto rows = [&] {
    if (filter.q)
      return txn.query(kSearch, filter.status, *filter.q, *filter.q, start.time, start.time, after, limit);
    if (filter.status) return txn.query(kListOfStatus, *filter.status, start.time, start.time, after, limit);
    return txn.query(kList, start.time, start.time, after, limit);
  }();
  std::vector<Tenant> found;
  while (rows.next()) found.push_back(read_tenant(rows));
  return found;
}

std::int64_t count_tenants(db::Txn& txn, const SuperAdmin& admin, const TenantFilter& filter) {
  txn.enter(admin);
  auto rows = filter.q ? txn.query(kCountSearched, filter.status, *filter.q, *filter.q)
                       : txn.query(kCount, filter.status);
  rows.next();
  return rows.integer(0);
}

std::optional<Tenant> find_tenant(db::Txn& txn, const SuperAdmin& admin, OrgId id) {
  txn.enter(admin);
  auto rows = txn.query(kFind, id);
  if (!rows.next()) return std::nullopt;
  return read_tenant(rows);
}

bool update_tenant(db::Txn& txn, const SuperAdmin& admin, const Tenant& tenant, TimePoint now) {
  txn.enter(admin);
  const auto& o = tenant.organization;
  const auto& limits = tenant.limits;
  txn.touch(o.id);
  return txn.execute(kUpdate, o.name, o.slug, o.status, tenant.deactivated_at, limits.members,
                     limits.projects, limits.storage_bytes, limits.requests, now, o.id, tenant.revision) == 1;
}

StatusCounts count_tenants_by_status(db::Txn& txn, const SuperAdmin& admin) {
  txn.enter(admin);
  return read_counts(txn.query(kByStatus));
}

StatusCounts count_all_members(db::Txn& txn, const SuperAdmin& admin) {
  txn.enter(admin);
  return read_counts(txn.query(kMembers));
}

std::vector<TenantsOfDay> count_tenants_by_day(db::Txn& txn, const SuperAdmin& admin, TimePoint from,
                                               TimePoint to) {
  txn.enter(admin);
  auto rows = txn.query(kByDay, from, to);
  std::vector<TenantsOfDay> days;
  while (rows.next()) days.push_back({rows.integer(0), rows.integer(1)});
  return days;
}

std::vector<LargeTenant> largest_tenants(db::Txn& txn, const SuperAdmin& admin, std::int64_t limit) {
  txn.enter(admin);
  auto rows = txn.query(kLargest, limit);
  std::vector<LargeTenant> found;
  while (rows.next()) found.push_back({rows.id<OrgId>(0), rows.text(1), rows.text(2), rows.integer(3)});
  return found;
}

TenantActivity find_tenant_activity(db::Txn& txn, const TenantScope& scope, TimePoint now) {
  enter(txn, scope);
  const auto org = scope.org();
  auto rows = txn.query(kActivity, org, now, org, now, org, now, org, org, org);
  rows.next();
  TenantActivity activity{rows.integer(0), rows.integer(1), rows.integer(2), std::nullopt};
  if (const auto last = rows.integer(3); last > 0) activity.last_activity_at = from_unix(last);
  return activity;
}

}  // namespace tenantd::store
