// Projects, and how many of them an organization has.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/project.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/record/table.hpp"

namespace tenantd::store {

struct Project {
  ProjectId id;
  std::string name;
  std::string description;
  ProjectStatus status = ProjectStatus::planned;
  std::optional<UserId> owner;  // a member, or somebody who was one
  std::optional<TimePoint> starts_at;
  std::optional<TimePoint> ends_at;  // not before starts_at
  std::string tags;                  // joined, see domain/project
  std::string search_text;           // written alone: what search_projects() looks into
  std::int64_t revision = 1;
  std::optional<UserId> created_by;
  TimePoint created_at;
  TimePoint updated_at;
};

// The field list, with which rows are filled, shown and told of.
extern const record::Table<Project> project_table;

void insert_project(db::Txn& txn, const TenantScope& scope, const Project& project);
std::optional<Project> find_project(db::Txn& txn, const TenantScope& scope, ProjectId id);
// The same, locked until the commit: no document comes into it meanwhile.
std::optional<Project> lock_project(db::Txn& txn, const TenantScope& scope, ProjectId id);
// Writes what a form may change, and counts the revision up. The caller holds the lock.
void update_project(db::Txn& txn, const TenantScope& scope, const Project& project);
// Throws ApiError(resource_in_use) while it has documents.
void delete_project(db::Txn& txn, const TenantScope& scope, ProjectId id);

struct ProjectUsage {
  std::int64_t projects = 0;
  std::optional<std::int64_t> most;  // nullopt = no limit
  std::int64_t storage_bytes = 0;    // of files, announced ones too
  std::optional<std::int64_t> most_bytes;
};
// Counts projects, one more or one less, under the lock of the organization's usage, which others wait for.
ProjectUsage count_project(db::Txn& txn, const TenantScope& scope, std::int64_t by);
ProjectUsage find_project_usage(db::Txn& txn, const TenantScope& scope);

struct ProjectFilter {
  std::optional<std::string> q;  // in name or description, without case
  std::optional<ProjectStatus> status;
  std::optional<UserId> owner;
  std::optional<std::string> tag;
};
std::vector<Project> list_projects(db::Txn& txn, const TenantScope& scope, const ProjectFilter& filter,
                                   const std::optional<Keyset>& from, std::int64_t limit);
std::int64_t count_projects(db::Txn& txn, const TenantScope& scope, const ProjectFilter& filter);

// What full-text search found: best first, at most `limit`. `expression` is of domain/search.
std::vector<Project> search_projects(db::Txn& txn, const TenantScope& scope, const std::string& expression,
                                     std::int64_t limit);

// By status, in the order of their numbers.
std::array<std::int64_t, kProjectStatuses> count_projects_by_status(db::Txn& txn, const TenantScope& scope);

}  // namespace tenantd::store
