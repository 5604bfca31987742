#include "modules/administration/administration.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "modules/administration/maintenance_store.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/base/version.hpp"
#include "tenantd/db/migrate.hpp"
#include "tenantd/shm/metrics.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr Seconds kDay{86400};
constexpr std::int64_t kMaxDays = 366;
constexpr std::int64_t kRequestsShown = 20;

std::string date_of(std::int64_t day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text.data();
}

std::optional<std::int64_t> age(const std::optional<TimePoint>& since, TimePoint now) {
  if (!since) return std::nullopt;
  return std::max((now - *since).count(), Seconds::rep{0});
}

void put_accounts(JsonOut& json, const store::Overview& seen) {
  json.key("tenants")
      .begin_object()
      .field("total", seen.active_tenants + seen.inactive_tenants)
      .field("active", seen.active_tenants)
      .field("inactive", seen.inactive_tenants)
      .field("personal", seen.personal_organizations)
      .end_object();
  json.key("users")
      .begin_object()
      .field("total", seen.users)
      .field("active", seen.active_users)
      .field("verified", seen.verified_users)
      .field("with_second_factor", seen.users_with_factor)
      .field("locked", seen.locked_users)
      .field("second_factor_locked", seen.locked_factors)
      .end_object();
  json.field("sessions", seen.sessions);
  json.key("last_day")
      .begin_object()
      .field("sign_ins", seen.signins)
      .field("failed_sign_ins", seen.failed_signins)
      .end_object();
  json.field("pending_invites", seen.pending_invites);
}

void put_queues(JsonOut& json, const store::Queues& queues, TimePoint now) {
  json.key("outbox")
      .begin_object()
      .field("pending", queues.mail.pending)
      .field("dead", queues.mail.dead)
      .field("oldest_seconds", age(queues.oldest_mail_at, now))
      .end_object();
  json.key("webhook_deliveries")
      .begin_object()
      .field("pending", queues.deliveries.pending)
      .field("dead", queues.deliveries.dead)
      .end_object();
  json.field("last_sweep_at", queues.last_sweep_at);
}

void put_request(JsonOut& json, const store::SweepRequest& request) {
  json.begin_object()
      .field("id", request.id)
      .field("requested_by", request.requested_by)
      .field("requested_at", request.requested_at)
      .field("finished_at", request.finished_at)
      .end_object();
}

Response dashboard(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const auto now = request.context.now;
  JsonOut json;
  json.begin_object();
  put_accounts(json, store::read_overview(txn, admin, now, now - kDay));
  put_queues(json, store::read_queues(txn, admin), now);
  json.field("rate_limited", static_cast<std::int64_t>(request.metrics->rate_limited.load()))
      .field("uptime_seconds", age(from_unix(request.metrics->started_at), now))
      .field("version", kVersion)
      .field("schema_version", db::schema_standing(txn).version)
      .end_object();
  return reply(json);
}

Response growth(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const auto to = maybe_time(request.query, "to_time").value_or(request.context.now);
  const auto from = maybe_time(request.query, "from_time").value_or(std::max(to - 29 * kDay, from_unix(0)));
  if (from > to) refuse_field("?from_time", "must not be after to_time");
  if (to - from >= kMaxDays * kDay) refuse_field("?from_time", "must lie less than 366 days before to_time");
  JsonOut json;
  json.begin_object().key("items").begin_array();
  for (const auto& day : service::growth(txn, admin, from, to))
    json.begin_object()
        .field("day", date_of(day.day))
        .field("sign_ups", day.sign_ups)
        .field("tenants", day.tenants)
        .field("active_users", day.active_users)
        .end_object();
  json.end_array().end_object();
  return reply(json);
}

Response list_limits(const Request& request, const SuperAdmin&, Txn&) {
  JsonOut json;
  json.begin_object().key("items").begin_array();
  for (const auto& limit : limits_in_force(request.context.settings))
    json.begin_object()
        .field("section", limit.section)
        .field("key", limit.key)
        .field("value", limit.value)
        .field("default", limit.fallback)
        .field("unit", limit.unit)
        .field("description", limit.doc)
        .end_object();
  json.end_array().end_object();
  return reply(json);
}

Response request_cleanup(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const auto id = service::request_cleanup(txn, request.context, admin);
  JsonOut json;
  put_request(json, {id, admin.user(), request.context.now, std::nullopt});
  return reply(json, 202);
}

Response maintenance_status(const Request&, const SuperAdmin& admin, Txn& txn) {
  const auto requests = store::list_sweep_requests(txn, admin, kRequestsShown);
  JsonOut json;
  json.begin_object().key("tasks").begin_array();
  for (const auto& run : store::last_runs(txn, admin))
    json.begin_object()
        .field("task", run.task)
        .field("last_run_at", run.started_at)
        .field("rows", run.rows)
        .field("duration_us", run.duration_us)
        .field("error", run.error)
        .end_object();
  json.end_array().field(
      "waiting", std::any_of(requests.begin(), requests.end(), [](const auto& r) { return !r.finished_at; }));
  json.key("requests").begin_array();
  for (const auto& each : requests) put_request(json, each);
  json.end_array().end_object();
  return reply(json);
}

constexpr auto kAdministrationRows =
    section("Administration",
            {
                {.method = GET,
                 .path = "/api/v1/admin/dashboard",
                 .handler = dashboard,
                 .rate = Rate::read,
                 .reply = ok("dashboard"),
                 .refuses = nothing,
                 .summary = "The whole system in numbers"},
                {.method = GET,
                 .path = "/api/v1/admin/analytics/growth",
                 .handler = growth,
                 .rate = Rate::read,
                 .query = "growth_query",
                 .reply = ok("growth"),
                 .refuses = nothing,
                 .name = "getGrowth",
                 .summary = "Sign-ups, tenants and active users per day"},
                {.method = POST,
                 .path = "/api/v1/admin/maintenance/cleanup",
                 .handler = request_cleanup,
                 .rate = Rate::write,
                 .reply = accepted("sweep_request"),
                 .refuses = nothing,
                 .name = "startCleanup",
                 .summary = "Have the sweeper run its tasks now"},
                {.method = GET,
                 .path = "/api/v1/admin/maintenance/status",
                 .handler = maintenance_status,
                 .rate = Rate::read,
                 .reply = ok("maintenance"),
                 .refuses = nothing,
                 .name = "getMaintenanceStatus",
                 .summary = "The last run of each of the sweeper's tasks, and what it is asked for"},
                {.method = GET,
                 .path = "/api/v1/admin/config/limits",
                 .handler = list_limits,
                 .rate = Rate::read,
                 .reply = ok("limits_in_force"),
                 .refuses = nothing,
                 .name = "getLimitsInForce",
                 .summary = "Limits and lifetimes in force"},
            });

}  // namespace

std::span<const Route> administration_rows() { return kAdministrationRows; }

}  // namespace tenantd::api::handlers
