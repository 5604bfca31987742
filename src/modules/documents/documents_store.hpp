// Documents of projects: a name and a text, and maybe a file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/project.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/record/table.hpp"

namespace tenantd::store {

struct Document {
  DocumentId id;
  ProjectId project;
  std::string name;
  std::string description;
  std::string tags;         // joined, see domain/project
  std::string search_text;  // written alone: what search_documents() looks into
  DocumentStatus status = DocumentStatus::none;
  // Of the file; nullopt without one.
  std::optional<std::string> content_type;
  std::optional<std::int64_t> size;   // bytes
  std::optional<std::string> sha256;  // 32 bytes
  std::optional<std::string> storage_key;
  std::optional<TimePoint> upload_expires_at;
  std::optional<TimePoint> uploaded_at;
  std::int64_t revision = 1;
  std::optional<UserId> created_by;
  TimePoint created_at;
  TimePoint updated_at;
};

// The field list, with which rows are filled, shown and told of.
extern const record::Table<Document> document_table;

// Writes all of it. Throws db::ForeignKeyError (no such project).
void insert_document(db::Txn& txn, const TenantScope& scope, const Document& document);
std::optional<Document> find_document(db::Txn& txn, const TenantScope& scope, DocumentId id);
// The same, locked until the commit.
std::optional<Document> lock_document(db::Txn& txn, const TenantScope& scope, DocumentId id);
// Writes project, name, description and tags, and counts the revision up. The caller holds the lock. Throws
// as insert_document.
void update_document(db::Txn& txn, const TenantScope& scope, const Document& document);
// Its file is to be removed by the caller: see remove_file and add_storage.
void delete_document(db::Txn& txn, const TenantScope& scope, DocumentId id);
// Locked, in the order of their ids; at most `limit`.
std::vector<Document> lock_documents_of(db::Txn& txn, const TenantScope& scope, ProjectId project,
                                        std::int64_t limit);

// Hands the file of a document of this organization to the sweeper. Call before the document loses its key.
void remove_file(db::Txn& txn, const TenantScope& scope, const std::string& storage_key);
// Counts `bytes`, below zero to give them back, under the lock of the organization's usage; returns the sum.
std::int64_t add_storage(db::Txn& txn, const TenantScope& scope, std::int64_t bytes);

struct DocumentFilter {
  std::optional<std::string> q;  // in the name, without case
  std::optional<ProjectId> project;
  std::optional<DocumentStatus> status;
  std::optional<std::string> tag;
};
std::vector<Document> list_documents(db::Txn& txn, const TenantScope& scope, const DocumentFilter& filter,
                                     const std::optional<Keyset>& from, std::int64_t limit);
std::int64_t count_documents(db::Txn& txn, const TenantScope& scope, const DocumentFilter& filter);

// What full-text search found: best first, at most `limit`. `expression` is of domain/search.
std::vector<Document> search_documents(db::Txn& txn, const TenantScope& scope, const std::string& expression,
                                       std::int64_t limit);

struct DocumentCount {
  DocumentStatus status = DocumentStatus::none;
  std::int64_t documents = 0;
  std::int64_t bytes = 0;
};
std::vector<DocumentCount> count_documents_by_status(db::Txn& txn, const TenantScope& scope);

}  // namespace tenantd::store
