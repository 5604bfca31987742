#include "modules/documents/projects.hpp"
#include "tenantd/api/rows.hpp"

#include "modules/documents/document_json.hpp"
#include "modules/documents/project_json.hpp"
#include "tenantd/api/collection.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr std::string_view kPath = "/api/v1/projects";

// Else it is the caller's, or stays whose it was.
bool names_owner(const JsonValue& body) { return json::find(body, "owner_id") != nullptr; }

store::ProjectFilter project_filter(const JsonValue& query) {
  store::ProjectFilter filter;
  filter.q = maybe_text(query, "q");
  if (const auto status = maybe_text(query, "status")) filter.status = parse_project_status(*status);
  filter.owner = maybe_id<UserId>(query, "owner_id");
  // What is no tag is nobody's.
  if (const auto tag = maybe_text(query, "tag")) filter.tag = normalized_tag(*tag).value_or(",");
  return filter;
}

}  // namespace

void put_project(JsonOut& json, const store::Project& p) { store::project_table.put(json, p); }

namespace {

Response list_projects(const Request& request, const TenantScope& scope, Txn& txn) {
  const Page page = page_of(request.query);
  const auto filter = project_filter(request.query);
  return page_reply(
      page, store::list_projects(txn, scope, filter, page.from, page.limit + 1), put_project,
      [](const auto& row) {
        return store::Keyset{row.created_at, row.id.bytes()};
      },
      [&] { return total_up_to(store::count_projects(txn, scope, filter)); });
}

Response make_project(const Request& request, const TenantScope& scope, Txn& txn) {
  store::Project project;
  store::project_table.fill(project, request.body);
  return row_reply(
      service::make_project({txn, request.context, scope}, std::move(project), names_owner(request.body)),
      kPath, put_project, 201);
}

Response show_project(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto found = store::find_project(txn, scope, path_id<ProjectId>(request, "project_id"));
  if (!found) throw ApiError(ErrorCode::not_found);
  return row_reply(*found, "", put_project);
}

Response change_project(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto edit = [&](store::Project& p) {
    const auto owner = p.owner;
    store::project_table.fill(p, request.body);
    if (!names_owner(request.body)) p.owner = owner;
  };
  return row_reply(
      service::change_project({txn, request.context, scope}, path_id<ProjectId>(request, "project_id"), edit),
      "", put_project);
}

Response delete_project(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto* with_documents = member(request.query, "with_documents");
  service::remove_project({txn, request.context, scope}, path_id<ProjectId>(request, "project_id"),
                          with_documents != nullptr && with_documents->GetBool());
  return no_content();
}

constexpr auto kProjectsRows =
    section("Projects and documents",
            {
                {.method = POST,
                 .path = "/projects/create_project",
                 .handler = make_project,
                 .permission = projects_create,
                 .rate = Rate::write,
                 .body = "project",
                 .reply = made("project"),
                 .refuses = {limit_reached},
                 .summary = "Begin a project"},
                {.method = GET,
                 .path = "/api/v1/projects",
                 .handler = list_projects,
                 .permission = projects_read,
                 .rate = Rate::read,
                 .query = "projects_query",
                 .reply = ok("projects"),
                 .refuses = nothing,
                 .summary = "Projects"},
                {.method = POST,
                 .path = "/api/v1/projects",
                 .handler = make_project,
                 .permission = projects_create,
                 .rate = Rate::write,
                 .body = "project",
                 .reply = made("project"),
                 .refuses = {limit_reached},
                 .summary = "Begin a project"},
                {.method = GET,
                 .path = "/api/v1/projects/{project_id}",
                 .handler = show_project,
                 .permission = projects_read,
                 .rate = Rate::read,
                 .reply = ok("project"),
                 .refuses = {not_found},
                 .summary = "A project"},
                {.method = PUT,
                 .path = "/api/v1/projects/{project_id}",
                 .handler = change_project,
                 .permission = projects_update,
                 .rate = Rate::write,
                 .body = "project",
                 .reply = ok("project"),
                 .refuses = {not_found},
                 .summary = "Replace a project; If-Match takes its ETag"},
                {.method = DELETE_,
                 .path = "/api/v1/projects/{project_id}",
                 .handler = delete_project,
                 .permission = projects_delete,
                 .if_match = true,
                 .rate = Rate::write,
                 .query = "delete_project_query",
                 .reply = done(),
                 .refuses = {not_found, resource_in_use},
                 .summary = "Remove a project, with its documents only if the query says so"},
            });

}  // namespace

std::span<const Route> projects_rows() { return kProjectsRows; }

}  // namespace tenantd::api::handlers
