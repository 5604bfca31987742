#include "modules/documents/projects_store.hpp"

#include "tenantd/db/counting.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/search.hpp"
#include "tenantd/record/resource.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

[[noreturn]] void refuse_end() {
  throw ApiError(ErrorCode::validation_failed).field("/ends_at", "must not be before starts_at");
}

void judge(const void* row) {
  const auto& p = *static_cast<const Project*>(row);
  if (p.starts_at && p.ends_at && *p.ends_at < *p.starts_at) refuse_end();
}

using namespace record;

constexpr auto kProject = record::record<Project>(
    "project", name<&Project::name>("name").length(1, 200).example("New warehouse in Hull"),
    name<&Project::description>("description")
        .length(0, 10000)
        .unless_given("")
        .example("Racks, lifts and a second gate"),
    choice<&Project::status>("status", kProjectStatusNames)
        .unless_given("planned")
        .says("planned unless given")
        .example("active"),
    reference<&Project::owner>("owner_id")
        .says(
            "An active member; null: nobody. Unless given: of a new project the caller, else whoever it was"),
    time<&Project::starts_at>("starts_at").range(0, kLastSecond).says("Seconds since 1970"),
    time<&Project::ends_at>("ends_at").range(0, kLastSecond).says("Seconds since 1970, not before starts_at"),
    tags<&Project::tags>("tags")
        .says("Kept trimmed, in lower case, once each and in their order; at most 40 characters, no commas")
        .example("building,hull"),
    text<&Project::search_text>("search_text").only(kWritten),
    reference<&Project::created_by>("created_by").kept(), Hooks{.judge = judge});

#define TENANTD_PROJECT_WANTED                                                                  \
  "AND (? IS NULL OR INSTR(LOWER(name) COLLATE utf8mb4_bin, LOWER(?) COLLATE utf8mb4_bin) > 0 " \
  "OR INSTR(LOWER(description) COLLATE utf8mb4_bin, LOWER(?) COLLATE utf8mb4_bin) > 0) "        \
  "AND (? IS NULL OR owner_id = ?) AND (? IS NULL OR FIND_IN_SET(? COLLATE utf8mb4_bin, tags) > 0) "
constexpr Sql kCountProject{"usage.count_project",
                            "INSERT INTO organization_usage (org_id, projects) VALUES (?, GREATEST(?, 0)) "
                            "ON DUPLICATE KEY UPDATE projects = projects + ?"};
constexpr Sql kUsage{
    "usage.find",
    "SELECT COALESCE(u.projects, 0), o.max_projects, COALESCE(u.storage_bytes, 0), "
    "o.max_storage_bytes FROM organization o LEFT JOIN organization_usage u ON u.org_id = o.id "
    "WHERE o.id = ?"};
const Select kListProjects{
    kProject, "project.list",
    "WHERE org_id = ? AND created_at >= ? AND (created_at > ? OR id > ?) " TENANTD_PROJECT_WANTED
    "ORDER BY created_at, id LIMIT ?"};
const Select kListProjectsOfStatus{
    kProject, "project.list_status",
    "WHERE org_id = ? AND status = ? AND created_at >= ? AND (created_at > ? OR id > "
    "?) " TENANTD_PROJECT_WANTED "ORDER BY created_at, id LIMIT ?"};
const Select kSearchProjects{kProject, "project.search",
                             "WHERE org_id = ? AND MATCH(search_text) AGAINST(? IN BOOLEAN MODE) "
                             "ORDER BY MATCH(search_text) AGAINST(? IN BOOLEAN MODE) DESC, id DESC LIMIT ?",
                             "project_search"};
constexpr Sql kCountProjects{
    "project.count",
    TENANTD_COUNT_SOME("project WHERE org_id = ? " TENANTD_PROJECT_WANTED "AND (? IS NULL OR status = ?)")};
#undef TENANTD_PROJECT_WANTED
constexpr Sql kCountProjectsByStatus{"project.count_by_status",
                                     "SELECT status, COUNT(*) FROM project WHERE org_id = ? GROUP BY status"};

std::string tokens_of(const TenantScope& scope, const Project& p) {
  return search_tokens(scope.org(), {p.name, p.tags, p.description});
}

}  // namespace

const Table<Project> project_table{kProject};

void insert_project(db::Txn& txn, const TenantScope& scope, const Project& p) {
  Project row = p;
  row.search_text = tokens_of(scope, p);
  project_table.insert(txn, scope, row);
}

std::optional<Project> find_project(db::Txn& txn, const TenantScope& scope, ProjectId id) {
  return project_table.find(txn, scope, id.bytes());
}

std::optional<Project> lock_project(db::Txn& txn, const TenantScope& scope, ProjectId id) {
  return project_table.lock(txn, scope, id.bytes());
}

void update_project(db::Txn& txn, const TenantScope& scope, const Project& p) {
  Project row = p;
  row.search_text = tokens_of(scope, p);
  project_table.update(txn, scope, row);
}

void delete_project(db::Txn& txn, const TenantScope& scope, ProjectId id) {
  project_table.erase(txn, scope, id.bytes());
}

ProjectUsage find_project_usage(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kUsage, scope.org());
  if (!rows.next()) return {};
  return {rows.integer(0), rows.maybe_integer(1), rows.integer(2), rows.maybe_integer(3)};
}

ProjectUsage count_project(db::Txn& txn, const TenantScope& scope, std::int64_t by) {
  txn.execute(kCountProject, scope.org(), by, by);
  return find_project_usage(txn, scope);
}

std::vector<Project> list_projects(db::Txn& txn, const TenantScope& scope, const ProjectFilter& filter,
                                   const std::optional<Keyset>& from, std::int64_t limit) {
  const Keyset start = from.value_or(Keyset{from_unix(-1), {}});
  const ProjectId after{start.id};
  auto rows =
      filter.status
          ? txn.query(kListProjectsOfStatus, scope.org(), *filter.status, start.time, start.time, after,
                      filter.q, filter.q, filter.q, filter.owner, filter.owner, filter.tag, filter.tag, limit)
          : txn.query(kListProjects, scope.org(), start.time, start.time, after, filter.q, filter.q, filter.q,
                      filter.owner, filter.owner, filter.tag, filter.tag, limit);
  return project_table.read(std::move(rows));
}

std::int64_t count_projects(db::Txn& txn, const TenantScope& scope, const ProjectFilter& filter) {
  auto rows = txn.query(kCountProjects, scope.org(), filter.q, filter.q, filter.q, filter.owner, filter.owner,
                        filter.tag, filter.tag, filter.status, filter.status);
  rows.next();
  return rows.integer(0);
}

std::vector<Project> search_projects(db::Txn& txn, const TenantScope& scope, const std::string& expression,
                                     std::int64_t limit) {
  return project_table.read(txn.query(kSearchProjects, scope.org(), expression, expression, limit));
}

std::array<std::int64_t, kProjectStatuses> count_projects_by_status(db::Txn& txn, const TenantScope& scope) {
  std::array<std::int64_t, kProjectStatuses> counts{};
  auto rows = txn.query(kCountProjectsByStatus, scope.org());
  while (rows.next()) counts.at(static_cast<std::size_t>(rows.integer(0))) = rows.integer(1);
  return counts;
}

}  // namespace tenantd::store

namespace tenantd::modules {

const api::Described& project_resource() {
  static const api::Described made = record::describe_schemas(store::kProject);
  return made;
}

}  // namespace tenantd::modules
