#include "modules/documents/activity_store.hpp"

#include "tenantd/db/counting.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

// Of each type the newest ones, from the index of types, whatever else happened in the organization; and of
// these the newest ones of all.
#define TENANTD_NEWEST                                                                             \
  "(SELECT id, seq, type, actor_id, subject_id, data, created_at FROM event WHERE org_id = ? AND " \
  "type = ? AND seq < ? ORDER BY seq DESC LIMIT ?)"
#define TENANTD_UNION " UNION ALL "
#define TENANTD_OF_PROJECTS TENANTD_NEWEST TENANTD_UNION TENANTD_NEWEST TENANTD_UNION TENANTD_NEWEST
#define TENANTD_FEED(events)                                                                                \
  "SELECT e.id, e.seq, e.type, e.actor_id, e.subject_id, e.data, e.created_at, u.email, "                   \
  "JSON_VALUE(e.data, '$.project_id'), JSON_VALUE(e.data, '$.name') FROM (" events                          \
  ") e LEFT JOIN member m ON m.org_id = ? AND m.user_id = e.actor_id LEFT JOIN user u ON u.id = m.user_id " \
  "ORDER BY e.seq DESC LIMIT ?"
constexpr Sql kOfProjects{"activity.projects", TENANTD_FEED(TENANTD_OF_PROJECTS)};
constexpr Sql kOfAll{
    "activity.all", TENANTD_FEED(TENANTD_OF_PROJECTS TENANTD_UNION TENANTD_NEWEST TENANTD_UNION TENANTD_NEWEST
                                     TENANTD_UNION TENANTD_NEWEST TENANTD_UNION TENANTD_NEWEST)};
#undef TENANTD_FEED
#undef TENANTD_OF_PROJECTS
#undef TENANTD_UNION
#undef TENANTD_NEWEST
constexpr Sql kCountActivity{"activity.count",
                             TENANTD_COUNT_SOME("event WHERE org_id = ? AND type IN ('project.created', "
                                                "'project.updated', 'project.deleted')")};
constexpr Sql kCountAll{
    "activity.count_all",
    TENANTD_COUNT_SOME("event WHERE org_id = ? AND type IN ('project.created', "
                       "'project.updated', 'project.deleted', 'document.created', 'document.updated', "
                       "'document.deleted', 'document.uploaded')")};

std::optional<ProjectId> project_of(const std::optional<std::string>& text) {
  return text ? ProjectId::parse(*text) : std::nullopt;
}

}  // namespace

std::vector<Activity> list_activity(db::Txn& txn, const TenantScope& scope, ActivityKinds kinds,
                                    std::int64_t before, std::int64_t limit) {
  const auto org = scope.org();
  auto rows = kinds == ActivityKinds::projects
                  ? txn.query(kOfProjects, org, "project.created", before, limit, org, "project.updated",
                              before, limit, org, "project.deleted", before, limit, org, limit)
                  : txn.query(kOfAll, org, "project.created", before, limit, org, "project.updated", before,
                              limit, org, "project.deleted", before, limit, org, "document.created", before,
                              limit, org, "document.updated", before, limit, org, "document.deleted", before,
                              limit, org, "document.uploaded", before, limit, org, limit);
  std::vector<Activity> found;
  found.reserve(rows.count());
  while (rows.next())
    found.push_back({{rows.id<EventId>(0), rows.integer(1), rows.text(2), rows.maybe_id<UserId>(3),
                      rows.maybe_id<EventId>(4), rows.text(5), rows.time(6)},
                     rows.maybe_text(7),
                     project_of(rows.maybe_text(8)),
                     rows.maybe_text(9)});
  return found;
}

std::int64_t count_activity(db::Txn& txn, const TenantScope& scope, ActivityKinds kinds) {
  auto rows = txn.query(kinds == ActivityKinds::projects ? kCountActivity : kCountAll, scope.org());
  rows.next();
  return rows.integer(0);
}

}  // namespace tenantd::store
