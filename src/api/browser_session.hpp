// A browser's session: the refresh token in a cookie that no script reads, for pages of this origin alone.
//
// A page asks for it by `X-Session: cookie`, which a form of another site cannot send, and CORS lets no other
// origin send. Origin and Sec-Fetch-Site are held against this service's own all the same. The replies of
// all rows that answer with a pair of tokens go through here, so that no handler knows of cookies.
#pragma once

#include <optional>
#include <string>

#include "tenantd/api/route.hpp"
#include "tenantd/config/settings.hpp"

namespace tenantd::api {

// True if the request asks for its refresh token in a cookie, on a row that has to do with one; elsewhere the
// header says nothing. Throws ApiError: bad_request (X-Session says something else), origin_refused.
bool asks_for_cookie(const Settings& settings, const Route& route, const http::Request& request);

// The refresh token that the browser holds, or nullopt.
std::optional<std::string> token_in_cookie(const Settings& settings, const http::Request& request);

// Moves the refresh token of the reply's body into the cookie, if there is one in it.
void move_to_cookie(const Settings& settings, http::Response& response);

// Value of a Set-Cookie header that ends the cookie.
std::string ended_cookie(const Settings& settings);

}  // namespace tenantd::api
