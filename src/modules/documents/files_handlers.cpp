#include "tenantd/api/rows.hpp"
#include "tenantd/modules/documents/files.hpp"

#include "modules/documents/document_json.hpp"
#include "tenantd/api/collection.hpp"
#include "tenantd/api/disposition.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::api::handlers {
namespace {

// Of nginx, which gives what lies below it to nobody but by X-Accel-Redirect.
constexpr const char* kFiles = "/_tenantd_files";
constexpr const char* kKeep = "@tenantd_upload_kept";

service::UploadForm upload_form(const JsonValue& body) {
  service::UploadForm form{id<ProjectId>(body, "project_id"), text(body, "name"), text(body, "content_type"),
                           member(body, "size")->GetInt64(), std::nullopt};
  if (const auto digits = maybe_text(body, "sha256")) form.sha256 = from_hex(*digits);
  return form;
}

// Whatever cannot be read is the address of nothing.
service::UploadAddress address_of(const Request& request) {
  const auto& query = request.query;
  const auto& name = request.http.path_value("document_id");
  const auto document = DocumentId::parse(name);
  const auto org = OrgId::parse(maybe_text(query, "org_id").value_or(""));
  const auto size = parse_int(maybe_text(query, "size").value_or(""));
  const auto expires = parse_int(maybe_text(query, "expires").value_or(""));
  // In one spelling alone, by which nginx counts those who send at once.
  if (!document || document->str() != name || !org || !size || !expires)
    throw ApiError(ErrorCode::upload_refused);
  return {*org, *document, *size, from_unix(*expires)};
}

Response announce_upload(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto upload = service::announce_upload({txn, request.context, scope}, upload_form(request.body));
  JsonOut json;
  json.begin_object().field("document_id", upload.document).field("upload_url", upload.url);
  json.key("upload_headers").begin_object();
  for (const auto& [name, value] : upload.headers) json.field(name, value);
  json.end_object().field("expires_at", upload.expires_at).end_object();
  auto response = created(json, std::string{kDocumentsPath} + '/' + upload.document.str());
  response.header("Cache-Control", "no-store");
  return response;
}

// nginx asks: what it does with the bytes is in nginx/snippets/files.conf.
Response take_upload(const Request& request, Txn& txn) {
  const auto stage = maybe_text(request.query, "stage");
  if (!stage) throw ApiError(ErrorCode::upload_refused);
  const auto place = service::allow_upload(
      txn, request.context, address_of(request), maybe_text(request.query, "signature").value_or(""),
      maybe_text(request.query, "length").value_or(""),
      *stage == "arrived" ? service::UploadStage::arrived : service::UploadStage::announced);
  auto response = no_content();
  if (!place.empty()) response.header("X-Accel-Redirect", kKeep).header("X-Tenantd-File", place);
  return response;
}

Response complete_upload(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto id = path_id<DocumentId>(request, "document_id");
  return row_reply(service::complete_upload({txn, request.context, scope}, id), kDocumentsPath, put_document);
}

Response download_document(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto download = service::find_download({txn, request.context, scope},
                                               path_id<DocumentId>(request, "document_id"), attachment);
  Response response;
  response.content_type = "application/octet-stream";
  if (!download.url.empty()) {
    response.status = 307;
    response.content_type.clear();
    response.header("Cache-Control", "no-store").header("Location", download.url);
    return response;
  }
  response.header("Cache-Control", "private, no-cache").header("X-Accel-Redirect", kFiles + download.place);
  response.header("Content-Disposition", download.disposition);
  return response;
}

constexpr auto kFilesRows = section(
    "Files of documents",
    {
        {.method = POST,
         .path = "/api/v1/projects/documents/upload",
         .handler = announce_upload,
         .permission = documents_create,
         .rate = Rate::write,
         .body = "upload",
         .reply = made("upload"),
         .refuses = {limit_reached, body_too_large},
         .name = "startDocumentUpload",
         .summary = "Announce a file: a document that waits for it, and the address that takes it once"},
        {.method = PUT,
         .path = "/files/{document_id}",
         .handler = take_upload,
         .rate = Rate::write,
         .query = "upload_query",
         .reply = done(),
         .refuses = {upload_refused, upload_incomplete, length_required, body_too_large},
         .name = "sendDocumentFile",
         .summary = "Send an announced file to the address that the announcement gave, with Content-Length; "
                    "good once"},
        {.method = POST,
         .path = "/api/v1/projects/documents/{document_id}/upload-complete",
         .handler = complete_upload,
         .permission = documents_create,
         .rate = Rate::outbound,
         .reply = ok("document"),
         .refuses = {not_found, upload_incomplete, upload_mismatch, body_too_large, storage_unavailable},
         .name = "completeDocumentUpload",
         .summary = "Say that the file was sent: its size and SHA-256 are checked"},
        {.method = GET,
         .path = "/api/v1/projects/documents/{document_id}/download",
         .handler = download_document,
         .permission = documents_download,
         .rate = Rate::read,
         .reply = bytes(307),
         .refuses = {not_found, upload_incomplete, precondition_failed, range_not_satisfiable},
         .name = "downloadDocument",
         .summary = "The file, with ranges; or the way to it"},
    });

}  // namespace

std::span<const Route> files_rows() { return kFilesRows; }

}  // namespace tenantd::api::handlers
