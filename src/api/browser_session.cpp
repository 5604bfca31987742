#include "browser_session.hpp"

#include "tenantd/api/json.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api {
namespace {

bool is_https(const Settings& settings) { return ascii_lower(settings.public_url).starts_with("https://"); }

// The prefix keeps other hosts of the domain from setting it (RFC 6265bis section 4.1.3.2).
std::string cookie_name(const Settings& settings) {
  return is_https(settings) ? "__Host-tenantd" : "tenantd";
}

std::string cookie(const Settings& settings, const std::string& value, std::int64_t seconds) {
  return cookie_name(settings) + '=' + value + "; Path=/; Max-Age=" + std::to_string(seconds) +
         "; HttpOnly; SameSite=Strict" + (is_https(settings) ? "; Secure" : "");
}

// The origin of a URL as browsers spell it: in lower case, without the scheme's own port.
std::string origin_of(std::string_view url) {
  auto text = ascii_lower(url);
  const auto scheme = text.find("://");
  if (scheme == std::string::npos) return {};
  text = text.substr(0, text.find_first_of("/?#", scheme + 3));
  const std::string_view own_port = text.starts_with("https:") ? ":443" : ":80";
  if (text.ends_with(own_port)) text.resize(text.size() - own_port.size());
  return text;
}

// Over TLS the service has one origin. A plain one is somebody's own machine or network, which has more names
// than PUBLIC_URL (localhost, 127.0.0.1): the browser has the cookie for the name that it has called, so a
// page of that name is the service's own.
bool is_own_origin(const Settings& settings, const http::Request& request) {
  if (request.origin.empty() || request.origin == "null") return false;
  if (request.origin == origin_of(settings.public_url)) return true;
  return !is_https(settings) && !request.host.empty() &&
         request.origin == origin_of("http://" + request.host);
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
  return request.cookie_value(cookie_name(settings));
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
