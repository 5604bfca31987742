// The body of a request as JSON, whatever it came as: one reader for each media type that a row takes.
#pragma once

#include <string_view>

#include "tenantd/api/json.hpp"
#include "tenantd/api/route.hpp"

namespace tenantd::api {

// `type`: the body's media type in lower case, without parameters. Throws ApiError: malformed_json,
// malformed_form, bad_request (a file that is not UTF-8), unsupported_media_type (the row does not take it).
Json parse_body(const Route& route, const http::Request& request, std::string_view type);

}  // namespace tenantd::api
