// What a PUT sends back of what the GET of the same path gave: members that nobody writes.
#pragma once

#include "tenantd/api/json.hpp"

namespace tenantd::api {

// True if the body holds what `request` (a schema, its references expanded) does not take as it is, while
// `reply` knows it: only then the current representation is worth a read.
bool sends_back(const JsonValue& body, const JsonValue& request, const JsonValue& reply);

// Removes what `request` does not take and `current` holds with an equal value, or with any where `reply`
// says that it moves by itself (x-live). Throws ApiError(validation_failed) that points at each other one
// whose value differs. What `current` does not hold stays, for the schema to refuse. In a list, an item may
// repeat what any current item with the same ids says.
void drop_sent_back(JsonValue& body, const JsonValue& request, const JsonValue& reply,
                    const JsonValue& current);

}  // namespace tenantd::api
