#include "modules/documents/documents.hpp"

#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::service {
namespace {

// Runs a write, and says so if the project is not there, or has just gone.
template <class Write>
void write(Write&& run, ErrorCode code, const char* pointer) {
  try {
    run();
  } catch (const db::ForeignKeyError&) {
    if (pointer == nullptr) throw ApiError(code);
    throw ApiError(code).field(pointer, "no such project");
  }
}

}  // namespace

json::Object document_values(const store::Document& d) {
  auto values = store::document_table.audit_values(d);
  if (d.status != DocumentStatus::none)
    values.set("content_type", d.content_type)
        .set("size", d.size)
        .set("sha256", d.sha256 ? std::optional{to_hex(*d.sha256)} : std::nullopt);
  return values;
}

json::Object document_data(const store::Document& d) {
  json::Object values;
  values.set("name", d.name).set("project_id", d.project).set("status", document_status_name(d.status));
  return values;
}

store::Document make_document(const Work& work, store::Document d) {
  d.id = crypto::new_id<DocumentId>();
  d.created_by = work.scope.user();
  d.created_at = d.updated_at = work.context.now;
  write([&] { store::insert_document(work.txn, work.scope, d); }, ErrorCode::not_found, nullptr);
  record(work, {"document.created", "document", d.id.bytes(), {}, document_values(d), document_data(d)});
  return d;
}

store::Document change_document(const Work& work, DocumentId id,
                                const std::function<void(store::Document&)>& edit) {
  auto d = store::lock_document(work.txn, work.scope, id);
  if (!d) throw ApiError(ErrorCode::not_found);
  require_expected(work.context, d->revision);
  auto before = document_values(*d);
  edit(*d);
  d->updated_at = work.context.now;
  write([&] { store::update_document(work.txn, work.scope, *d); }, ErrorCode::validation_failed,
        "/project_id");
  ++d->revision;
  record(work, {"document.updated", "document", id.bytes(), std::move(before), document_values(*d),
                document_data(*d)});
  return *std::move(d);
}

void remove_document(const Work& work, DocumentId id) {
  const auto d = store::lock_document(work.txn, work.scope, id);
  if (!d) throw ApiError(ErrorCode::not_found);
  require_expected(work.context, d->revision);
  remove_locked(work, {*d});
}

void remove_locked(const Work& work, const std::vector<store::Document>& documents) {
  std::int64_t bytes = 0;
  for (const auto& d : documents) {
    if (d.storage_key) store::remove_file(work.txn, work.scope, *d.storage_key);
    if (d.status != DocumentStatus::none) bytes += d.size.value_or(0);
    store::delete_document(work.txn, work.scope, d.id);
    record(work, {"document.deleted", "document", d.id.bytes(), document_values(d), {}, document_data(d)});
  }
  if (bytes != 0) store::add_storage(work.txn, work.scope, -bytes);
}

}  // namespace tenantd::service
