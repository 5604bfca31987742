// How a document looks in every reply.
#pragma once

#include "modules/documents/documents_store.hpp"
#include "tenantd/api/json.hpp"

namespace tenantd::api::handlers {

inline constexpr std::string_view kDocumentsPath = "/api/v1/projects/documents";

// A whole object.
void put_document(JsonOut& json, const store::Document& document);
// The member "tags": an array of the joined ones.
void put_tags(JsonOut& json, const std::string& joined);
// Of a body: normalized and joined. Throws ApiError(validation_failed) at the tag that is none.
std::string tags_of(const JsonValue& body);

}  // namespace tenantd::api::handlers
