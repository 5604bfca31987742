#include "browser_session.hpp"

#include "tenantd/api/json.hpp"
#include "tenantd/base/origin.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/http/set_cookie.hpp"

namespace tenantd::api {
namespace {

bool has_tls(const Settings& settings) { return is_https(settings.public_url); }

std::string own_name(const Settings& settings) { return http::cookie_name(has_tls(settings), "tenantd"); }

std::string cookie(const Settings& settings, const std::string& value, std::int64_t seconds) {
  return http::set_cookie(has_tls(settings), own_name(settings), value, seconds, http::SameSite::strict);
}

// Over TLS the service has one origin. A plain one is somebody's own machine or network, which has more names
// than PUBLIC_URL (localhost, 127.0.0.1): the browser has the cookie for the name that it has called, so a
// page of that name is the service's own.
bool is_own_origin(const Settings& settings, const http::Request& request) {
  if (request.origin.empty() || request.origin == "null") return false;
  if (request.origin == origin_of(settings.public_url)) return true;
  return !has_tls(settings) && !request.host.empty() && request.origin == origin_of("http://" + request.host);
}

}  // namespace

bool asks_for_cookie(const Settings& settings, const Route& route, const http::Request& request) {
  if (route.pair == Pair::none || request.session.empty()) return false;
  if (request.session != "cookie")
    throw ApiError(ErrorCode::bad_request, "X-Session is `cookie`, or is not sent");
  if (!is_own_origin(settings, request))
    throw ApiError(ErrorCode::origin_refused,
                   "The session's cookie is for pages of " + origin_of(settings.public_url));
  if (!request.fetch_site.empty() && request.fetch_site != "same-origin")
    throw ApiError(ErrorCode::origin_refused);
  return true;
}

std::optional<std::string> token_in_cookie(const Settings& settings, const http::Request& request) {
  return request.cookie_value(own_name(settings));
}

void move_to_cookie(const Settings& settings, http::Response& response) {
  if (response.status >= 300 || response.body.empty()) return;
  Json body = parse_json(response.body);
  const auto token = maybe_text(body, "refresh_token");
  if (!token) return;
  response.header("Set-Cookie", cookie(settings, *token, body["refresh_expires_in"].GetInt64()));
  body.RemoveMember("refresh_token");
  response.body = json::compact(body);
}

std::string ended_cookie(const Settings& settings) { return cookie(settings, "", 0); }

}  // namespace tenantd::api
