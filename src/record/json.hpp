// A row of a record as JSON, both ways.
#pragma once

#include "tenantd/api/json.hpp"
#include "tenantd/record/record.hpp"

namespace tenantd::record {

// A whole object: what replies show of the row.
void put(json::Writer& out, const Object& row);

// The body that would make the row: what a request may hold, without what is absent.
void put_body(json::Writer& out, const Object& row);

// What the validated body says. A member that is left out is absent, or what the field says it means
// otherwise. Throws ApiError(validation_failed) for an address that gets no mail, and for an id that is none.
void fill(Object& row, const api::JsonValue& body);

}  // namespace tenantd::record
