#include <array>
#include <cstdio>

#include "tenantd/api/route.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/base/version.hpp"
#include "tenantd/db/migrate.hpp"
#include "tenantd/db/readiness.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/hosts/hosts.hpp"
#include "tenantd/shm/metrics.hpp"

namespace tenantd::api::handlers {
namespace {

Response status_reply(std::string_view status) {
  JsonOut json;
  json.begin_object().field("status", status).end_object();
  return reply(json).header("Cache-Control", "no-store");
}

// The Prometheus text format: name, labels, value.
class Exposition {
 public:
  void family(const char* name, const char* type, const char* help) {
    text_ += std::string{"# HELP "} + name + ' ' + help + "\n# TYPE " + name + ' ' + type + '\n';
  }
  void sample(const std::string& series, std::uint64_t value) {
    text_ += series + ' ' + std::to_string(value) + '\n';
  }
  void seconds(const std::string& series, std::int64_t microseconds) {
    std::array<char, 40> number{};
    std::snprintf(number.data(), number.size(), " %.6f\n", static_cast<double>(microseconds) / 1e6);
    text_ += series + number.data();
  }
  void counter(const char* name, const char* help, const std::atomic<std::uint64_t>& value) {
    family(name, "counter", help);
    sample(name, value.load());
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void put_requests(Exposition& out, const shm::Metrics& metrics) {
  out.family("tenantd_http_requests_total", "counter", "Requests answered, by route and class of status");
  const auto table = routes();
  for (std::size_t i = 0; i < shm::Metrics::kRoutes; ++i) {
    const bool unmatched = i == shm::Metrics::kRoutes - 1;
    if (!unmatched && i >= table.size()) continue;
    for (std::size_t digit = 1; digit < shm::Metrics::kStatuses; ++digit) {
      const auto count = metrics.requests[i][digit].load();
      if (count == 0) continue;
      const std::string method{unmatched ? "" : http::method_name(table[i].method)};
      const std::string path{unmatched ? "unmatched" : table[i].path};
      out.sample("tenantd_http_requests_total{method=\"" + method + "\",path=\"" + path + "\",status=\"" +
                     std::to_string(digit) + "xx\"}",
                 count);
    }
  }
}

void put_durations(Exposition& out, const shm::Metrics& metrics) {
  const std::string name = "tenantd_http_request_duration_seconds";
  out.family(name.c_str(), "histogram", "Time from reading a request to its reply");
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < shm::Metrics::kBounds.size(); ++i) {
    sum += metrics.durations[i].load();
    std::array<char, 32> bound{};
    std::snprintf(bound.data(), bound.size(), "%g", static_cast<double>(shm::Metrics::kBounds[i]) / 1e6);
    out.sample(name + "_bucket{le=\"" + bound.data() + "\"}", sum);
  }
  sum += metrics.durations.back().load();
  out.sample(name + "_bucket{le=\"+Inf\"}", sum);
  out.seconds(name + "_sum", static_cast<std::int64_t>(metrics.duration_sum_us.load()));
  out.sample(name + "_count", sum);
}

// As a label's value stands between quotes.
std::string quoted(const std::string& text) {
  std::string out{'"'};
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + '"';
}

void put_hosts(Exposition& out, const shm::Metrics& m, const Settings& settings) {
  out.family("tenantd_host_info", "gauge", "Whose metrics these are");
  out.sample(
      "tenantd_host_info{host=" + quoted(hosts::host_name(settings)) + ",version=" + quoted(kVersion) + '}',
      1);
  out.family("tenantd_other_hosts", "gauge", "Other hosts of the same database");
  out.sample("tenantd_other_hosts", static_cast<std::uint64_t>(m.other_hosts.load()));
  out.family("tenantd_session_cache_trusted", "gauge",
             "1 if what workers share is used, 0 if the database is read");
  out.sample("tenantd_session_cache_trusted", boot_microseconds() < m.cache_trusted_until_us.load() ? 1 : 0);
  out.counter("tenantd_host_joins_total", "How often this host joined the others anew", m.host_joins);
  out.counter("tenantd_invalidations_read_total", "Changes of other hosts", m.invalidations_read);
  out.counter("tenantd_host_waits_total", "Replies that waited for other hosts", m.host_waits);
  out.counter("tenantd_host_waits_overdue_total", "Of those, how many waited for a host that did not answer",
              m.host_waits_overdue);
  out.family("tenantd_host_wait_seconds_total", "counter", "How long replies waited for other hosts");
  out.seconds("tenantd_host_wait_seconds_total", static_cast<std::int64_t>(m.host_wait_sum_us.load()));
  out.counter("tenantd_host_leases_lost_total", "How often other hosts had waited for this one in vain",
              m.host_leases_lost);
  out.family("tenantd_keys_lacking", "gauge",
             "1 if this host lacks keys of its database, and answers nothing");
  out.sample("tenantd_keys_lacking", static_cast<std::uint64_t>(m.lacks_keys.load()));
  out.family("tenantd_signing_key_waits", "gauge",
             "1 if a signing key whose time has come waits for a host that lacks it");
  out.sample("tenantd_signing_key_waits", static_cast<std::uint64_t>(m.keys_waiting.load()));
}

void put_limits_and_redis(Exposition& out, const shm::Metrics& m, const Settings& settings) {
  out.counter("tenantd_limit_rounds_total", "How often this host told the others what it took of limits",
              m.limit_rounds);
  out.counter("tenantd_limit_rounds_heard_total", "How often it heard that of others", m.limit_rounds_heard);
  if (settings.redis_url.empty()) return;
  out.counter("tenantd_limit_rounds_by_redis_total", "Of those that were told, for which no row was written",
              m.limit_rounds_by_redis);
  out.family("tenantd_redis_up", "gauge", "1 if what this host says by Redis comes back");
  out.sample("tenantd_redis_up", static_cast<std::uint64_t>(m.redis_up.load()));
  out.family("tenantd_redis_latency_seconds", "gauge", "How long that took, the last time");
  out.seconds("tenantd_redis_latency_seconds", m.redis_latency_us.load());
  out.counter("tenantd_redis_failures_total", "Connections to Redis that failed or were given up",
              m.redis_failures);
  out.counter("tenantd_redis_messages_total", "Messages of other hosts that were taken", m.redis_messages);
  out.counter("tenantd_redis_refused_total", "Messages that no live host wrote, or that had come before",
              m.redis_refused);
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

Response metrics(const Request& request, Txn&) {
  if (!is_local(request.http.remote_address)) throw ApiError(ErrorCode::forbidden);
  const auto& m = *request.metrics;
  Exposition out;
  put_requests(out, m);
  put_durations(out, m);
  out.family("tenantd_http_requests_in_flight", "gauge", "Requests being answered");
  out.sample("tenantd_http_requests_in_flight", m.in_flight.load());
  out.counter("tenantd_session_cache_hits_total", "Tokens answered for by what workers share", m.cache_hits);
  out.counter("tenantd_session_cache_misses_total", "Tokens for which the database was read", m.cache_misses);
  out.counter("tenantd_rate_limited_total", "Requests refused by a rate limit", m.rate_limited);
  out.counter("tenantd_worker_crashes_total", "Workers that ended without being told to", m.worker_crashes);
  out.counter("tenantd_reloads_total", "Completed reloads", m.reloads);
  put_hosts(out, m, request.context.settings);
  put_limits_and_redis(out, m, request.context.settings);
  out.family("process_start_time_seconds", "gauge", "Start of the master, seconds since 1970");
  out.sample("process_start_time_seconds", static_cast<std::uint64_t>(m.started_at));
  Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = out.take();
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
                                 .reply = ok("jwks"),
                                 .refuses = nothing,
                                 .summary = "Public signing keys (RFC 7517)"},
                            });

}  // namespace

std::span<const Route> health_rows() { return kHealthRows; }

}  // namespace tenantd::api::handlers
