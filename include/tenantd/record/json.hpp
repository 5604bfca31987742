// A row of a record as JSON, both ways.
#pragma once

#include "tenantd/api/json.hpp"
#include "tenantd/record/rows.hpp"

namespace tenantd::record {

// What replies show of the row, inside an object; a whole object; one with the secret that is shown once.
void put_members(json::Writer& out, const Record& record, const void* row);
inline void put(json::Writer& out, const Record& record, const void* row) {
  put_members(out.begin_object(), record, row);
  out.end_object();
}
inline void put(json::Writer& out, const Record& record, const void* row, std::string_view secret) {
  put_members(out.begin_object(), record, row);
  out.field(record.shown_once.name, secret).end_object();
}
inline void put(json::Writer& out, const Object& row) { put(out, row.record(), row.row()); }

// The body that would make the row: what a request may hold, without what is absent.
void put_body(json::Writer& out, const Object& row);

// What the validated body says. A member that is left out is absent, or what the field says it means
// otherwise. Throws ApiError(validation_failed) for an address that gets no mail, for an id that is none, for
// what is no tag, and for what the record's hook judges.
void fill(const Record& record, void* row, const api::JsonValue& body);
inline void fill(Object& row, const api::JsonValue& body) { fill(row.record(), row.row(), body); }

// The same, but what is left out stays as it was.
void fill_given(const Record& record, void* row, const api::JsonValue& body);

// What a list's validated query asks for.
Filter filter_of(const Record& record, const api::JsonValue& query);

}  // namespace tenantd::record
