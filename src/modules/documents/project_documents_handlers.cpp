// Documents of projects, but for the way of their files.
#include "modules/documents/document_json.hpp"
#include "modules/documents/documents.hpp"
#include "tenantd/api/collection.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::api::handlers {
namespace {

store::DocumentFilter filter_of(const JsonValue& query) {
  store::DocumentFilter filter;
  filter.q = maybe_text(query, "q");
  filter.project = maybe_id<ProjectId>(query, "project_id");
  if (const auto status = maybe_text(query, "status")) filter.status = parse_document_status(*status);
  if (const auto tag = maybe_text(query, "tag")) filter.tag = normalized_tag(*tag).value_or(",");
  return filter;
}

}  // namespace

void put_document(JsonOut& json, const store::Document& d) { store::document_table.put(json, d); }

namespace {

Response make_document(const Request& request, const TenantScope& scope, Txn& txn) {
  store::Document document;
  document.project = path_id<ProjectId>(request, "project_id");
  store::document_table.fill(document, request.body);
  return row_reply(service::make_document({txn, request.context, scope}, std::move(document)), kDocumentsPath,
                   put_document, 201);
}

Response list_documents(const Request& request, const TenantScope& scope, Txn& txn) {
  const Page page = page_of(request.query);
  const auto filter = filter_of(request.query);
  return page_reply(
      page, store::list_documents(txn, scope, filter, page.from, page.limit + 1), put_document,
      [](const auto& row) {
        return store::Keyset{row.created_at, row.id.bytes()};
      },
      [&] { return total_up_to(store::count_documents(txn, scope, filter)); });
}

Response show_document(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto found = store::find_document(txn, scope, path_id<DocumentId>(request, "document_id"));
  if (!found) throw ApiError(ErrorCode::not_found);
  return row_reply(*found, "", put_document);
}

Response change_document(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto edit = [&](store::Document& d) {
    store::document_table.fill(d, request.body);
    d.project = maybe_id<ProjectId>(request.body, "project_id").value_or(d.project);
  };
  return row_reply(service::change_document({txn, request.context, scope},
                                            path_id<DocumentId>(request, "document_id"), edit),
                   "", put_document);
}

Response delete_document(const Request& request, const TenantScope& scope, Txn& txn) {
  service::remove_document({txn, request.context, scope}, path_id<DocumentId>(request, "document_id"));
  return no_content();
}

constexpr auto kProjectDocumentsRows =
    section("Projects and documents",
            {
                {.method = POST,
                 .path = "/api/v1/projects/{project_id}/documents",
                 .handler = make_document,
                 .permission = documents_create,
                 .rate = Rate::write,
                 .body = "document",
                 .reply = made("document"),
                 .refuses = {not_found, limit_reached},
                 .summary = "Add a document that is text alone"},
                {.method = GET,
                 .path = "/api/v1/projects/documents",
                 .handler = list_documents,
                 .permission = documents_read,
                 .rate = Rate::read,
                 .query = "documents_query",
                 .reply = ok("documents"),
                 .refuses = nothing,
                 .summary = "Documents of all projects or of one"},
                {.method = GET,
                 .path = "/api/v1/projects/documents/{document_id}",
                 .handler = show_document,
                 .permission = documents_read,
                 .rate = Rate::read,
                 .reply = ok("document"),
                 .refuses = {not_found},
                 .summary = "A document"},
                {.method = PUT,
                 .path = "/api/v1/projects/documents/{document_id}",
                 .handler = change_document,
                 .permission = documents_update,
                 .rate = Rate::write,
                 .body = "change_document",
                 .reply = ok("document"),
                 .refuses = {not_found},
                 .summary = "Replace a document's name, text and tags, or move it; If-Match takes its ETag"},
                {.method = DELETE_,
                 .path = "/api/v1/projects/documents/{document_id}",
                 .handler = delete_document,
                 .permission = documents_delete,
                 .if_match = true,
                 .rate = Rate::write,
                 .reply = done(),
                 .refuses = {not_found},
                 .summary = "Remove a document with its file"},
            });

}  // namespace

std::span<const Route> project_documents_rows() { return kProjectDocumentsRows; }

}  // namespace tenantd::api::handlers
