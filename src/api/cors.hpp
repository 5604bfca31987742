// Pages of other origins that may call the API (CORS, the Fetch standard): those that CORS_ORIGINS lists,
// letter for letter. Nothing is allowed to carry cookies: callers show a token or a key.
#pragma once

#include "tenantd/config/settings.hpp"
#include "tenantd/http/message.hpp"

namespace tenantd::api {

// True if this is a browser's question before the call of a listed origin, or of any if the row is `open`.
bool is_preflight(const Settings& settings, const http::Request& request, bool open);
// Its answer. `allow` is what the path's methods are.
http::Response preflight_reply(const std::string& allow);
// Says in the reply that the page may read it, if its origin is listed or the row is `open` to all. With a
// list every other reply depends on
// Origin.
void put_cors(const Settings& settings, const http::Request& request, http::Response& response, bool open);

}  // namespace tenantd::api
