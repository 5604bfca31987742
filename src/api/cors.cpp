#include "cors.hpp"

#include <algorithm>

#include "tenantd/base/text.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::api {
namespace {

// "null" stands for any sandboxed page and any file: it is nobody's origin, listed or not.
bool is_listed(const Settings& settings, std::string_view origin) {
  if (origin.empty() || origin == "null") return false;
  const auto listed = split(settings.cors_origins, ',');
  return std::any_of(listed.begin(), listed.end(), [&](std::string_view one) { return trim(one) == origin; });
}

}  // namespace

bool is_preflight(const Settings& settings, const http::Request& request, bool open) {
  return request.method == http::Method::OPTIONS && !request.requested_method.empty() &&
         (open || is_listed(settings, request.origin));
}

http::Response preflight_reply(const std::string& allow) {
  http::Response response;
  response.status = 204;
  response.content_type.clear();
  response.header("Access-Control-Allow-Methods", allow);
  // Never X-Session: the cookie is for pages of this origin.
  response.header("Access-Control-Allow-Headers",
                  "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Api-Key, "
                  "X-Request-Id, X-Tenant-Id");
  response.header("Access-Control-Max-Age", "600");
  return response;
}

void put_cors(const Settings& settings, const http::Request& request, http::Response& response, bool open) {
  if (!open && settings.cors_origins.empty()) return;
  if (!open) response.header("Vary", "Origin");
  if (!open && !is_listed(settings, request.origin)) return;
  // Whoever calls these shows a secret of its own, or reads what everybody may: no page gains by its browser.
  response.header("Access-Control-Allow-Origin", open ? "*" : request.origin);
  std::string exposed{"Content-Disposition, ETag, Idempotency-Replayed, Link, Location"};
  for (const auto& field : service::kRateLimitFields) exposed.append(", ").append(field.name);
  response.header("Access-Control-Expose-Headers", exposed + ", Retry-After, WWW-Authenticate, X-Request-Id");
}

}  // namespace tenantd::api
