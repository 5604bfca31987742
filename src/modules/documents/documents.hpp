// Making, changing and removing documents. What becomes of their files is told by service/files.
#pragma once

#include <functional>
#include <vector>

#include "modules/documents/documents_store.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// What is told of a document: never the key of its file.
json::Object document_values(const store::Document& document);
// What the readers of its events learn: name, project_id and, if there is one, the file.
json::Object document_data(const store::Document& document);

// A document of text alone, which a body has filled. Throws ApiError(not_found) without such a project.
store::Document make_document(const Work& work, store::Document document);
// Throws ApiError: not_found, precondition_failed, validation_failed.
store::Document change_document(const Work& work, DocumentId id,
                                const std::function<void(store::Document&)>& edit);
// Throws ApiError(not_found).
void remove_document(const Work& work, DocumentId id);
// Removes documents that the caller has locked, hands their files to the sweeper and gives the bytes back.
void remove_locked(const Work& work, const std::vector<store::Document>& documents);

}  // namespace tenantd::service
