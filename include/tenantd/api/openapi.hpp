// The API's description (OpenAPI 3.1), made from the route table, the embedded schemas and the table of
// errors: whatever it says is what dispatch goes by.
#pragma once

#include <string>

#include "tenantd/api/route.hpp"

namespace tenantd::api {

// Returns the document as JSON; `server` is the URL where the service is reached.
std::string openapi_json(const std::string& server);

// "listMembers": the row's name, or what method and path make. Another spelling of a path is called after the
// first, "loginAtSignin". Never the same twice, and the same in every release.
std::string operation_id(const Route& route);

// The row whose other spelling this one is: the first of the same handler below /api/v1, or the first at all.
const Route& canonical_row(const Route& route);

// True if nginx sends the reply, as it sends every file: with an ETag of its own, in ranges, on conditions.
bool is_sent_by_nginx(const Route& route);

// True if the reply carries an ETag, which its schema announces by "x-etag"; and if a change may name one.
bool has_etag(const Route& route);
bool takes_if_match(const Route& route);

}  // namespace tenantd::api
