// How a document looks in every reply.
#pragma once

#include "modules/documents/documents_store.hpp"
#include "tenantd/api/json.hpp"

namespace tenantd::api::handlers {

inline constexpr std::string_view kDocumentsPath = "/api/v1/projects/documents";

// A whole object.
void put_document(JsonOut& json, const store::Document& document);

}  // namespace tenantd::api::handlers
