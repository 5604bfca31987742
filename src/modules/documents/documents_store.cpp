#include "modules/documents/documents_store.hpp"

#include "tenantd/db/counting.hpp"
#include "tenantd/domain/search.hpp"
#include "tenantd/record/resource.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

using namespace record;

constexpr unsigned kOfFile = kStored | kMade;

constexpr auto kDocument = record::record<Document>(
    "document", reference<&Document::project>("project_id").only(kReply | kStored | kWritten | kAudited),
    name<&Document::name>("name").length(1, 300).example("Floor plan"),
    name<&Document::description>("description")
        .length(0, 10000)
        .unless_given("")
        .example("Second floor, with the lifts"),
    tags<&Document::tags>("tags")
        .says("Kept trimmed, in lower case, once each and in their order; at most 40 characters, no commas")
        .example("plan,hull"),
    text<&Document::search_text>("search_text").only(kWritten),
    choice<&Document::status>("status", kDocumentStatusNames)
        .only(kOfFile | kReply | kAudited)
        .says("Of its file: none, on its way, there"),
    code<&Document::content_type>("content_type").only(kOfFile | kReply),
    number<&Document::size>("size").only(kOfFile | kReply).says("Bytes"),
    digest<&Document::sha256>("sha256").only(kOfFile | kReply).says("64 hexadecimal digits"),
    text<&Document::storage_key>("storage_key").only(kOfFile),
    time<&Document::upload_expires_at>("upload_expires_at").only(kOfFile),
    time<&Document::uploaded_at>("uploaded_at").only(kOfFile | kReply),
    reference<&Document::created_by>("created_by").kept());

#define TENANTD_DOCUMENT_WANTED                                                                  \
  "AND (? IS NULL OR INSTR(LOWER(name) COLLATE utf8mb4_bin, LOWER(?) COLLATE utf8mb4_bin) > 0) " \
  "AND (? IS NULL OR status = ?) AND (? IS NULL OR FIND_IN_SET(? COLLATE utf8mb4_bin, tags) > 0) "
const Select kLockOfProject{kDocument, "document.lock_of_project",
                            "WHERE org_id = ? AND project_id = ? ORDER BY id LIMIT ? FOR UPDATE"};
constexpr Sql kRemoveFile{"document.remove_file", "CALL remove_file(?)"};
constexpr Sql kAddStorage{"usage.add_storage",
                          "INSERT INTO organization_usage (org_id, storage_bytes) VALUES (?, GREATEST(?, 0)) "
                          "ON DUPLICATE KEY UPDATE storage_bytes = storage_bytes + ?"};
constexpr Sql kStorage{"usage.storage", "SELECT storage_bytes FROM organization_usage WHERE org_id = ?"};
const Select kListDocuments{
    kDocument, "document.list",
    "WHERE org_id = ? AND created_at >= ? AND (created_at > ? OR id > ?) " TENANTD_DOCUMENT_WANTED
    "ORDER BY created_at, id LIMIT ?"};
const Select kListOfProject{kDocument, "document.list_of_project",
                            "WHERE org_id = ? AND project_id = ? AND created_at >= ? AND (created_at > ? OR "
                            "id > ?) " TENANTD_DOCUMENT_WANTED "ORDER BY created_at, id LIMIT ?"};
const Select kSearchDocuments{kDocument, "document.search",
                              "WHERE org_id = ? AND MATCH(search_text) AGAINST(? IN BOOLEAN MODE) "
                              "ORDER BY MATCH(search_text) AGAINST(? IN BOOLEAN MODE) DESC, id DESC LIMIT ?",
                              "document_search"};
constexpr Sql kCountDocuments{"document.count",
                              TENANTD_COUNT_SOME("document WHERE org_id = ? " TENANTD_DOCUMENT_WANTED)};
constexpr Sql kCountOfProject{
    "document.count_of_project",
    TENANTD_COUNT_SOME("document WHERE org_id = ? AND project_id = ? " TENANTD_DOCUMENT_WANTED)};
#undef TENANTD_DOCUMENT_WANTED
constexpr Sql kCountDocumentsByStatus{
    "document.count_by_status",
    "SELECT status, COUNT(*), COALESCE(SUM(size), 0) FROM document WHERE org_id = ? GROUP BY status"};

std::string tokens_of(const TenantScope& scope, const Document& d) {
  return search_tokens(scope.org(), {d.name, d.tags, d.description});
}

}  // namespace

const Table<Document> document_table{kDocument};

void insert_document(db::Txn& txn, const TenantScope& scope, const Document& d) {
  Document row = d;
  row.search_text = tokens_of(scope, d);
  document_table.insert(txn, scope, row);
}

std::optional<Document> find_document(db::Txn& txn, const TenantScope& scope, DocumentId id) {
  return document_table.find(txn, scope, id.bytes());
}

std::optional<Document> lock_document(db::Txn& txn, const TenantScope& scope, DocumentId id) {
  return document_table.lock(txn, scope, id.bytes());
}

void update_document(db::Txn& txn, const TenantScope& scope, const Document& d) {
  Document row = d;
  row.search_text = tokens_of(scope, d);
  document_table.update(txn, scope, row);
}

void delete_document(db::Txn& txn, const TenantScope& scope, DocumentId id) {
  document_table.erase(txn, scope, id.bytes());
}

std::vector<Document> lock_documents_of(db::Txn& txn, const TenantScope& scope, ProjectId project,
                                        std::int64_t limit) {
  return document_table.read(txn.lock(kLockOfProject, scope.org(), project, limit));
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
    return document_table.read(txn.query(kListOfProject, scope.org(), *filter.project, start.time, start.time,
                                         after, filter.q, filter.q, filter.status, filter.status, filter.tag,
                                         filter.tag, limit));
  return document_table.read(txn.query(kListDocuments, scope.org(), start.time, start.time, after, filter.q,
                                       filter.q, filter.status, filter.status, filter.tag, filter.tag,
                                       limit));
}

std::int64_t count_documents(db::Txn& txn, const TenantScope& scope, const DocumentFilter& filter) {
  auto rows = filter.project ? txn.query(kCountOfProject, scope.org(), *filter.project, filter.q, filter.q,
                                         filter.status, filter.status, filter.tag, filter.tag)
                             : txn.query(kCountDocuments, scope.org(), filter.q, filter.q, filter.status,
                                         filter.status, filter.tag, filter.tag);
  rows.next();
  return rows.integer(0);
}

std::vector<Document> search_documents(db::Txn& txn, const TenantScope& scope, const std::string& expression,
                                       std::int64_t limit) {
  return document_table.read(txn.query(kSearchDocuments, scope.org(), expression, expression, limit));
}

std::vector<DocumentCount> count_documents_by_status(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kCountDocumentsByStatus, scope.org());
  std::vector<DocumentCount> counts;
  while (rows.next())
    counts.push_back({static_cast<DocumentStatus>(rows.integer(0)), rows.integer(1), rows.integer(2)});
  return counts;
}

}  // namespace tenantd::store

namespace tenantd::modules {

const api::Described& document_resource() {
  static const api::Described made = record::describe_schemas(store::kDocument);
  return made;
}

}  // namespace tenantd::modules
