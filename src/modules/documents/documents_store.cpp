#include "modules/documents/documents_store.hpp"

#include "tenantd/domain/search.hpp"
#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

#define TENANTD_DOCUMENT_COLUMNS                                                               \
  "id, project_id, name, description, tags, status, content_type, size, sha256, storage_key, " \
  "upload_expires_at, uploaded_at, revision, created_by, created_at, updated_at"
#define TENANTD_DOCUMENT "SELECT " TENANTD_DOCUMENT_COLUMNS " FROM document "
#define TENANTD_DOCUMENT_WANTED                                                                  \
  "AND (? IS NULL OR INSTR(LOWER(name) COLLATE utf8mb4_bin, LOWER(?) COLLATE utf8mb4_bin) > 0) " \
  "AND (? IS NULL OR status = ?) AND (? IS NULL OR FIND_IN_SET(? COLLATE utf8mb4_bin, tags) > 0) "
constexpr Sql kInsert{
    "document.insert",
    "INSERT INTO document (org_id, id, project_id, name, description, tags, search_text, status, "
    "content_type, size, sha256, storage_key, upload_expires_at, uploaded_at, revision, created_by, "
    "created_at, "
    "updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kFind{"document.find", TENANTD_DOCUMENT "WHERE org_id = ? AND id = ?"};
constexpr Sql kLock{"document.lock", TENANTD_DOCUMENT "WHERE org_id = ? AND id = ? FOR UPDATE"};
constexpr Sql kLockOfProject{"document.lock_of_project", TENANTD_DOCUMENT
                             "WHERE org_id = ? AND project_id = ? ORDER BY id LIMIT ? FOR UPDATE"};
constexpr Sql kUpdate{"document.update",
                      "UPDATE document SET project_id = ?, name = ?, description = ?, tags = ?, "
                      "search_text = ?, revision = revision + 1, updated_at = ? WHERE org_id = ? AND id = ?"};
constexpr Sql kDelete{"document.delete", "DELETE FROM document WHERE org_id = ? AND id = ?"};
constexpr Sql kRemoveFile{"document.remove_file", "CALL remove_file(?)"};
constexpr Sql kAddStorage{"usage.add_storage",
                          "INSERT INTO organization_usage (org_id, storage_bytes) VALUES (?, GREATEST(?, 0)) "
                          "ON DUPLICATE KEY UPDATE storage_bytes = storage_bytes + ?"};
constexpr Sql kStorage{"usage.storage", "SELECT storage_bytes FROM organization_usage WHERE org_id = ?"};
constexpr Sql kList{
    "document.list", TENANTD_DOCUMENT
    "WHERE org_id = ? AND created_at >= ? AND (created_at > ? OR id > ?) " TENANTD_DOCUMENT_WANTED
    "ORDER BY created_at, id LIMIT ?"};
constexpr Sql kListOfProject{"document.list_of_project", TENANTD_DOCUMENT
                             "WHERE org_id = ? AND project_id = ? AND created_at >= ? AND (created_at > ? OR "
                             "id > ?) " TENANTD_DOCUMENT_WANTED "ORDER BY created_at, id LIMIT ?"};
constexpr Sql kCount{"document.count",
                     "SELECT COUNT(*) FROM document WHERE org_id = ? " TENANTD_DOCUMENT_WANTED};
constexpr Sql kCountOfProject{
    "document.count_of_project",
    "SELECT COUNT(*) FROM document WHERE org_id = ? AND project_id = ? " TENANTD_DOCUMENT_WANTED};
constexpr Sql kSearch{"document.search",
                      "SELECT " TENANTD_DOCUMENT_COLUMNS
                      " FROM document_search "
                      "WHERE org_id = ? AND MATCH(search_text) AGAINST(? IN BOOLEAN MODE) "
                      "ORDER BY MATCH(search_text) AGAINST(? IN BOOLEAN MODE) DESC, id DESC LIMIT ?"};
constexpr Sql kCountByStatus{
    "document.count_by_status",
    "SELECT status, COUNT(*), COALESCE(SUM(size), 0) FROM document WHERE org_id = ? GROUP BY status"};
#undef TENANTD_DOCUMENT_WANTED
#undef TENANTD_DOCUMENT
#undef TENANTD_DOCUMENT_COLUMNS

Document read(const db::Rows& rows) {
  Document d;
  d.id = rows.id<DocumentId>(0);
  d.project = rows.id<ProjectId>(1);
  d.name = rows.text(2);
  d.description = rows.text(3);
  d.tags = rows.text(4);
  d.status = static_cast<DocumentStatus>(rows.integer(5));
  d.content_type = rows.maybe_text(6);
  d.size = rows.maybe_integer(7);
  d.sha256 = rows.maybe_text(8);
  d.storage_key = rows.maybe_text(9);
  d.upload_expires_at = maybe_time(rows, 10);
  d.uploaded_at = maybe_time(rows, 11);
  d.revision = rows.integer(12);
  d.created_by = rows.maybe_id<UserId>(13);
  d.created_at = rows.time(14);
  d.updated_at = rows.time(15);
  return d;
}

std::optional<Document> first(db::Rows rows) {
  if (!rows.next()) return std::nullopt;
  return read(rows);
}

std::vector<Document> all(db::Rows rows) {
  std::vector<Document> found;
  found.reserve(rows.count());
  while (rows.next()) found.push_back(read(rows));
  return found;
}

std::string tokens_of(const TenantScope& scope, const Document& d) {
  return search_tokens(scope.org(), {d.name, d.tags, d.description});
}

}  // namespace

void insert_document(db::Txn& txn, const TenantScope& scope, const Document& d) {
  txn.execute(kInsert, scope.org(), d.id, d.project, d.name, d.description, d.tags, tokens_of(scope, d),
              d.status, d.content_type, d.size, d.sha256, d.storage_key, d.upload_expires_at, d.uploaded_at,
              d.revision, d.created_by, d.created_at, d.updated_at);
}

std::optional<Document> find_document(db::Txn& txn, const TenantScope& scope, DocumentId id) {
  return first(txn.query(kFind, scope.org(), id));
}

std::optional<Document> lock_document(db::Txn& txn, const TenantScope& scope, DocumentId id) {
  return first(txn.lock(kLock, scope.org(), id));
}

void update_document(db::Txn& txn, const TenantScope& scope, const Document& d) {
  txn.execute(kUpdate, d.project, d.name, d.description, d.tags, tokens_of(scope, d), d.updated_at,
              scope.org(), d.id);
}

void delete_document(db::Txn& txn, const TenantScope& scope, DocumentId id) {
  txn.execute(kDelete, scope.org(), id);
}

std::vector<Document> lock_documents_of(db::Txn& txn, const TenantScope& scope, ProjectId project,
                                        std::int64_t limit) {
  return all(txn.lock(kLockOfProject, scope.org(), project, limit));
}

void remove_file(db::Txn& txn, const TenantScope&, const std::string& storage_key) {
  txn.execute(kRemoveFile, storage_key);
}

std::int64_t add_storage(db::Txn& txn, const TenantScope& scope, std::int64_t bytes) {
  txn.execute(kAddStorage, scope.org(), bytes, bytes);
  auto rows = txn.query(kStorage, scope.org());
  return rows.next() ? rows.integer(0) : 0;
}

std::vector<Document> list_documents(db::Txn& txn, const TenantScope& scope, const DocumentFilter& filter,
                                     const std::optional<Keyset>& from, std::int64_t limit) {
  const Keyset start = from.value_or(Keyset{from_unix(-1), {}});
  const DocumentId after{start.id};
  if (filter.project)
    return all(txn.query(kListOfProject, scope.org(), *filter.project, start.time, start.time, after,
                         filter.q, filter.q, filter.status, filter.status, filter.tag, filter.tag, limit));
  return all(txn.query(kList, scope.org(), start.time, start.time, after, filter.q, filter.q, filter.status,
                       filter.status, filter.tag, filter.tag, limit));
}

std::int64_t count_documents(db::Txn& txn, const TenantScope& scope, const DocumentFilter& filter) {
  auto rows = filter.project ? txn.query(kCountOfProject, scope.org(), *filter.project, filter.q, filter.q,
                                         filter.status, filter.status, filter.tag, filter.tag)
                             : txn.query(kCount, scope.org(), filter.q, filter.q, filter.status,
                                         filter.status, filter.tag, filter.tag);
  rows.next();
  return rows.integer(0);
}

std::vector<Document> search_documents(db::Txn& txn, const TenantScope& scope, const std::string& expression,
                                       std::int64_t limit) {
  return all(txn.query(kSearch, scope.org(), expression, expression, limit));
}

std::vector<DocumentCount> count_documents_by_status(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kCountByStatus, scope.org());
  std::vector<DocumentCount> counts;
  while (rows.next())
    counts.push_back({static_cast<DocumentStatus>(rows.integer(0)), rows.integer(1), rows.integer(2)});
  return counts;
}

}  // namespace tenantd::store
