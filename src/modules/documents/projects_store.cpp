#include "modules/documents/projects_store.hpp"

#include "tenantd/domain/search.hpp"
#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

#define TENANTD_PROJECT_COLUMNS                                                                           \
  "id, name, description, status, owner_id, starts_at, ends_at, tags, revision, created_by, created_at, " \
  "updated_at"
#define TENANTD_PROJECT "SELECT " TENANTD_PROJECT_COLUMNS " FROM project "
#define TENANTD_PROJECT_WANTED                                                                  \
  "AND (? IS NULL OR INSTR(LOWER(name) COLLATE utf8mb4_bin, LOWER(?) COLLATE utf8mb4_bin) > 0 " \
  "OR INSTR(LOWER(description) COLLATE utf8mb4_bin, LOWER(?) COLLATE utf8mb4_bin) > 0) "        \
  "AND (? IS NULL OR owner_id = ?) AND (? IS NULL OR FIND_IN_SET(? COLLATE utf8mb4_bin, tags) > 0) "
constexpr Sql kInsert{
    "project.insert",
    "INSERT INTO project (org_id, id, name, description, status, owner_id, starts_at, ends_at, tags, "
    "search_text, revision, created_by, created_at, updated_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kFind{"project.find", TENANTD_PROJECT "WHERE org_id = ? AND id = ?"};
constexpr Sql kLock{"project.lock", TENANTD_PROJECT "WHERE org_id = ? AND id = ? FOR UPDATE"};
constexpr Sql kUpdate{
    "project.update",
    "UPDATE project SET name = ?, description = ?, status = ?, owner_id = ?, starts_at = ?, "
    "ends_at = ?, tags = ?, search_text = ?, revision = revision + 1, updated_at = ? "
    "WHERE org_id = ? AND id = ?"};
constexpr Sql kDelete{"project.delete", "DELETE FROM project WHERE org_id = ? AND id = ?"};
constexpr Sql kCountOne{"usage.count_project",
                        "INSERT INTO organization_usage (org_id, projects) VALUES (?, GREATEST(?, 0)) "
                        "ON DUPLICATE KEY UPDATE projects = projects + ?"};
constexpr Sql kUsage{
    "usage.find",
    "SELECT COALESCE(u.projects, 0), o.max_projects, COALESCE(u.storage_bytes, 0), "
    "o.max_storage_bytes FROM organization o LEFT JOIN organization_usage u ON u.org_id = o.id "
    "WHERE o.id = ?"};
constexpr Sql kList{
    "project.list", TENANTD_PROJECT
    "WHERE org_id = ? AND created_at >= ? AND (created_at > ? OR id > ?) " TENANTD_PROJECT_WANTED
    "ORDER BY created_at, id LIMIT ?"};
constexpr Sql kListStatus{"project.list_status", TENANTD_PROJECT
                          "WHERE org_id = ? AND status = ? AND created_at >= ? AND (created_at > ? OR id > "
                          "?) " TENANTD_PROJECT_WANTED "ORDER BY created_at, id LIMIT ?"};
constexpr Sql kCount{"project.count", "SELECT COUNT(*) FROM project WHERE org_id = ? " TENANTD_PROJECT_WANTED
                                      "AND (? IS NULL OR status = ?)"};
constexpr Sql kSearch{"project.search",
                      "SELECT " TENANTD_PROJECT_COLUMNS
                      " FROM project_search "
                      "WHERE org_id = ? AND MATCH(search_text) AGAINST(? IN BOOLEAN MODE) "
                      "ORDER BY MATCH(search_text) AGAINST(? IN BOOLEAN MODE) DESC, id DESC LIMIT ?"};
constexpr Sql kCountByStatus{"project.count_by_status",
                             "SELECT status, COUNT(*) FROM project WHERE org_id = ? GROUP BY status"};
#undef TENANTD_PROJECT_WANTED
#undef TENANTD_PROJECT
#undef TENANTD_PROJECT_COLUMNS

Project read(const db::Rows& rows) {
  Project p;
  p.id = rows.id<ProjectId>(0);
  p.name = rows.text(1);
  p.description = rows.text(2);
  p.status = static_cast<ProjectStatus>(rows.integer(3));
  p.owner = rows.maybe_id<UserId>(4);
  p.starts_at = maybe_time(rows, 5);
  p.ends_at = maybe_time(rows, 6);
  p.tags = rows.text(7);
  p.revision = rows.integer(8);
  p.created_by = rows.maybe_id<UserId>(9);
  p.created_at = rows.time(10);
  p.updated_at = rows.time(11);
  return p;
}

std::optional<Project> first(db::Rows rows) {
  if (!rows.next()) return std::nullopt;
  return read(rows);
}

std::vector<Project> all(db::Rows rows) {
  std::vector<Project> found;
  found.reserve(rows.count());
  while (rows.next()) found.push_back(read(rows));
  return found;
}

std::string tokens_of(const TenantScope& scope, const Project& p) {
  return search_tokens(scope.org(), {p.name, p.tags, p.description});
}

}  // namespace

void insert_project(db::Txn& txn, const TenantScope& scope, const Project& p) {
  txn.execute(kInsert, scope.org(), p.id, p.name, p.description, p.status, p.owner, p.starts_at, p.ends_at,
              p.tags, tokens_of(scope, p), p.revision, p.created_by, p.created_at, p.updated_at);
}

std::optional<Project> find_project(db::Txn& txn, const TenantScope& scope, ProjectId id) {
  return first(txn.query(kFind, scope.org(), id));
}

std::optional<Project> lock_project(db::Txn& txn, const TenantScope& scope, ProjectId id) {
  return first(txn.lock(kLock, scope.org(), id));
}

void update_project(db::Txn& txn, const TenantScope& scope, const Project& p) {
  txn.execute(kUpdate, p.name, p.description, p.status, p.owner, p.starts_at, p.ends_at, p.tags,
              tokens_of(scope, p), p.updated_at, scope.org(), p.id);
}

void delete_project(db::Txn& txn, const TenantScope& scope, ProjectId id) {
  txn.execute(kDelete, scope.org(), id);
}

ProjectUsage find_project_usage(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kUsage, scope.org());
  if (!rows.next()) return {};
  return {rows.integer(0), rows.maybe_integer(1), rows.integer(2), rows.maybe_integer(3)};
}

ProjectUsage count_project(db::Txn& txn, const TenantScope& scope, std::int64_t by) {
  txn.execute(kCountOne, scope.org(), by, by);
  return find_project_usage(txn, scope);
}

std::vector<Project> list_projects(db::Txn& txn, const TenantScope& scope, const ProjectFilter& filter,
                                   const std::optional<Keyset>& from, std::int64_t limit) {
  const Keyset start = from.value_or(Keyset{from_unix(-1), {}});
  const ProjectId after{start.id};
  auto rows = filter.status ? txn.query(kListStatus, scope.org(), *filter.status, start.time, start.time,
                                        after, filter.q, filter.q, filter.q, filter.owner, filter.owner,
                                        filter.tag, filter.tag, limit)
                            : txn.query(kList, scope.org(), start.time, start.time, after, filter.q, filter.q,
                                        filter.q, filter.owner, filter.owner, filter.tag, filter.tag, limit);
  return all(std::move(rows));
}

std::int64_t count_projects(db::Txn& txn, const TenantScope& scope, const ProjectFilter& filter) {
  auto rows = txn.query(kCount, scope.org(), filter.q, filter.q, filter.q, filter.owner, filter.owner,
                        filter.tag, filter.tag, filter.status, filter.status);
  rows.next();
  return rows.integer(0);
}

std::vector<Project> search_projects(db::Txn& txn, const TenantScope& scope, const std::string& expression,
                                     std::int64_t limit) {
  return all(txn.query(kSearch, scope.org(), expression, expression, limit));
}

std::array<std::int64_t, kProjectStatuses> count_projects_by_status(db::Txn& txn, const TenantScope& scope) {
  std::array<std::int64_t, kProjectStatuses> counts{};
  auto rows = txn.query(kCountByStatus, scope.org());
  while (rows.next()) counts.at(static_cast<std::size_t>(rows.integer(0))) = rows.integer(1);
  return counts;
}

}  // namespace tenantd::store
