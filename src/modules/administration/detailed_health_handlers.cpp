#include <algorithm>

#include "modules/administration/health.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/base/version.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/shm/metrics.hpp"

namespace tenantd::api::handlers {
namespace {

using service::Health;
using service::HealthReport;

JsonOut& put_part(JsonOut& json, const char* name, Health state) {
  return json.key(name).begin_object().field("state", service::health_name(state));
}

void put_queue(JsonOut& json, const char* name, const HealthReport::Outgoing& queue) {
  put_part(json, name, queue.state)
      .field("pending", queue.queue.pending)
      .field("dead", queue.queue.dead)
      .field("overdue_seconds", queue.overdue_seconds)
      .end_object();
}

void put_database(JsonOut& json, const HealthReport& report) {
  const auto& database = report.database;
  put_part(json, "database", database.state)
      .field("latency_us", database.latency_us)
      .field("version", database.facts.version)
      .field("schema_version", database.schema_version)
      .field("connections", database.facts.connections)
      .field("max_connections", database.facts.max_connections)
      .end_object();
}

void put_folders(JsonOut& json, const HealthReport& report) {
  const auto known = [](std::int64_t number) { return number < 0 ? std::nullopt : std::optional{number}; };
  put_part(json, "storage", report.storage).key("folders").begin_array();
  for (const auto& folder : report.folders)
    json.begin_object().field("use", folder.use).field("usable", folder.usable).end_object();
  json.end_array().end_object();
  put_part(json, "disk", report.disk).key("folders").begin_array();
  for (const auto& folder : report.folders)
    json.begin_object()
        .field("use", folder.use)
        .field("free_bytes", known(folder.free_bytes))
        .field("free_percent", known(folder.free_percent))
        .end_object();
  json.end_array().end_object();
}

void put_processes(JsonOut& json, const HealthReport& report, TimePoint now) {
  std::optional<std::int64_t> swept;
  if (report.sweeper.last_run_at)
    swept = std::max((now - *report.sweeper.last_run_at).count(), Seconds::rep{0});
  put_part(json, "sweeper", report.sweeper.state)
      .field("last_run_at", report.sweeper.last_run_at)
      .field("age_seconds", swept)
      .end_object();
  put_part(json, "courier", report.courier.state)
      .field("reachable", report.courier.reachable)
      .field("overdue_seconds", report.mail.overdue_seconds)
      .end_object();
  const auto& keys = report.keys;
  put_part(json, "keys", keys.state)
      .field("active_kid", keys.active_kid)
      .field("age_seconds", keys.age_seconds < 0 ? std::nullopt : std::optional{keys.age_seconds})
      .field("verifying", keys.verifying)
      .end_object();
}

void put_hosts(JsonOut& json, const HealthReport& report) {
  put_part(json, "hosts", report.hosts.state)
      .field("trusting", report.hosts.is_trusting)
      .key("items")
      .begin_array();
  for (const auto& host : report.hosts.all)
    json.begin_object()
        .field("id", host.id)
        .field("name", host.name)
        .field("version", host.version)
        .field("started_at", host.started_at)
        .field("silent_seconds", host.silent_seconds)
        .field("alive", host.is_alive())
        .end_object();
  json.end_array().end_object();
}

void put_redis(JsonOut& json, const HealthReport& report) {
  if (!report.redis) return;
  put_part(json, "redis", report.redis->state).field("latency_us", report.redis->latency_us).end_object();
}

// What watches by the status alone sees 503; who reads on sees which parts.
[[noreturn]] void refuse(const HealthReport& report) {
  ApiError error{ErrorCode::unavailable, "Parts of the service have failed"};
  for (const auto& [name, state] : report.states())
    if (state != Health::ok)
      error.add_field(std::string{"/"} + name, std::string{service::health_name(state)});
  throw ApiError{error};
}

Response detailed_health(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const auto now = request.context.now;
  const auto report = service::examine(txn, request.context, admin, *request.metrics);
  if (report.overall() == Health::failed) refuse(report);
  JsonOut json;
  json.begin_object()
      .field("status", service::health_name(report.overall()))
      .field("version", kVersion)
      .field("uptime_seconds", std::max<std::int64_t>(unix_seconds(now) - request.metrics->started_at, 0));
  put_database(json, report);
  put_queue(json, "outbox", report.mail);
  put_queue(json, "webhooks", report.deliveries);
  put_folders(json, report);
  put_processes(json, report, now);
  put_hosts(json, report);
  put_redis(json, report);
  json.end_object();
  return reply(json);
}

constexpr auto kDetailedHealthRows =
    section("Health and discovery", {
                                        {.method = GET,
                                         .path = "/health/detailed",
                                         .handler = detailed_health,
                                         .rate = Rate::read,
                                         .reply = ok("detailed_health"),
                                         .refuses = nothing,
                                         .summary = "Every part of the service with its state"},
                                    });

}  // namespace

std::span<const Route> detailed_health_rows() { return kDetailedHealthRows; }

}  // namespace tenantd::api::handlers
