#include "modules/administration/metrics_text.hpp"
#include "tenantd/api/route.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/db/migrate.hpp"
#include "tenantd/db/readiness.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/shm/metrics.hpp"

namespace tenantd::api::handlers {
namespace {

Response status_reply(std::string_view status) {
  JsonOut json;
  json.begin_object().field("status", status).end_object();
  return reply(json).header("Cache-Control", "no-store");
}

bool is_local(const std::string& address) {
  return address.starts_with("127.") || address == "::1" || address == "unix:" || address.empty();
}

Response health(const Request&, Txn&) { return status_reply("ok"); }

Response ready(const Request& request, Txn& txn) {
  db::require_ready(txn);
  if (request.metrics->lacks_keys.load() != 0)
    throw ApiError(ErrorCode::unavailable,
                   "The keys of this host are not those of its database: see `tenantctl doctor`");
  return status_reply("ready");
}

Response jwks(const Request& request, Txn&) {
  Response response;
  response.body = request.context.keys.jwks_json();
  // Nobody keeps it for longer than a new key is published before it signs.
  const auto seconds = std::min<std::int64_t>(300, request.context.settings.keys_publish_seconds);
  response.header("Cache-Control", "public, max-age=" + std::to_string(seconds));
  return response;
}

void admit_security_txt(const http::Request&, const service::Context& context) {
  if (context.settings.security_contact.empty()) throw ApiError(ErrorCode::not_found);
}

// RFC 9116. What it says ends half a year after the day on which it is read.
Response security_txt(const Request& request, Txn&) {
  const auto& settings = request.context.settings;
  std::string text;
  for (const auto& contact : split(settings.security_contact, ' '))
    if (!contact.empty()) text += "Contact: " + std::string{contact} + '\n';
  constexpr std::int64_t day = 86400, days = 180;
  const auto until = from_unix((unix_seconds(request.context.now) / day + days) * day);
  text += "Expires: " + service::format_utc(until).substr(0, 10) + "T00:00:00Z\n";
  text += "Canonical: " + settings.public_url + "/.well-known/security.txt\n";
  Response response;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(text);
  response.header("Cache-Control", "public, max-age=3600");
  return response;
}

Response metrics(const Request& request, Txn& txn) {
  if (!is_local(request.http.remote_address)) throw ApiError(ErrorCode::forbidden);
  Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = metrics_text(*request.metrics, request.context, txn.pool().options());
  return response;
}

constexpr auto kHealthRows = section(
    "Health and discovery", {
                                {.method = GET,
                                 .path = "/health",
                                 .also_at = {"/health-check"},
                                 .handler = health,
                                 .rate = Rate::none,
                                 .reply = ok("status"),
                                 .refuses = nothing,
                                 .summary = "Liveness; touches no database"},
                                {.method = GET,
                                 .path = "/health/ready",
                                 .also_at = {"/ready"},
                                 .handler = ready,
                                 .rate = Rate::none,
                                 .reply = ok("status"),
                                 .refuses = nothing,
                                 .summary = "Readiness: the database answers and its schema is current"},
                                {.method = GET,
                                 .path = "/metrics",
                                 .handler = metrics,
                                 .rate = Rate::none,
                                 .reply = ok(""),
                                 .refuses = {forbidden},
                                 .summary = "Prometheus metrics, for local addresses"},
                                {.method = GET,
                                 .path = "/.well-known/security.txt",
                                 .handler = security_txt,
                                 .gate = admit_security_txt,
                                 .rate = Rate::read,
                                 .reply = {200, "", 0, "text/plain; charset=utf-8"},
                                 .refuses = {not_found},
                                 .summary = "Where to tell of holes (RFC 9116)"},
                                {.method = GET,
                                 .path = "/.well-known/jwks.json",
                                 .handler = jwks,
                                 .rate = Rate::read,
                                 .also = AlsoTakes::oauth,
                                 .reply = ok("jwks"),
                                 .refuses = nothing,
                                 .name = "getJwks",
                                 .summary = "Public signing keys (RFC 7517)"},
                            });

}  // namespace

std::span<const Route> health_rows() { return kHealthRows; }

}  // namespace tenantd::api::handlers
