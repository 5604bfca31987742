// What clients spell in several ways, brought into one before anything reads the request, and what its reply
// owes to the spelling.
#pragma once

#include "tenantd/api/route.hpp"

namespace tenantd::api {

// A trailing slash is the same path. "bearer   x" is "Bearer x" (RFC 9110 section 11.1: a scheme's case means
// nothing). An API key that comes as Bearer token becomes X-Api-Key, unless that is there too.
void normalize(http::Request& request);

// The body without its content coding, and the media type that it then has, in lower case. Throws
// ApiError(unsupported_media_type) that names what the route takes.
std::string media_type_of(const Route& route, http::Request& request, std::int64_t max_bytes);
// The refusal of a media type that the route does not take.
[[noreturn]] void refuse_media_type(const Route& route);

// Turns a 200 whose ETag the client has already into 304 (RFC 9110 section 13.1.2).
void answer_if_none_match(const http::Request& request, http::Response& response);

}  // namespace tenantd::api
