#include "modules/administration/health.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

#include "tenantd/db/schema.hpp"
#include "tenantd/effects/wake_socket.hpp"

namespace tenantd::service {
namespace {

constexpr std::int64_t kSlowUs = 500'000;
constexpr std::int64_t kLongDistrustedUs = 10'000'000;
constexpr Seconds kOverdue{300};  // the courier looks every second
constexpr Seconds kUnswept{300};  // the sweeper runs every minute
constexpr std::int64_t kScarcePercent = 10, kNoPercent = 1;

Health worse(Health a, Health b) { return std::max(a, b); }
Health degraded_if(bool bad) { return bad ? Health::degraded : Health::ok; }
Health failed_if(bool bad) { return bad ? Health::failed : Health::ok; }

void examine_database(db::Txn& txn, HealthReport& report) {
  auto& database = report.database;
  const auto began = monotonic_microseconds();
  const auto schema = db::schema_standing(txn);
  database.schema_version = schema.version;
  database.latency_us = monotonic_microseconds() - began;
  database.facts = store::read_database_facts(txn);
  const bool crowded = database.facts.connections * 10 >= database.facts.max_connections * 9;
  database.state =
      worse(failed_if(schema.fault().has_value()), degraded_if(database.latency_us > kSlowUs || crowded));
}

HealthReport::Outgoing outgoing(const store::Queue& queue, TimePoint now) {
  const auto overdue = queue.oldest_due_at ? std::max(now - *queue.oldest_due_at, Seconds{0}) : Seconds{0};
  return {degraded_if(overdue > kOverdue), queue, overdue.count()};
}

void examine_keys(const Context& context, HealthReport& report) {
  auto& keys = report.keys;
  keys.active_kid = context.keys.active_kid(context.now);
  keys.verifying = context.keys.signing().size();
  struct stat found {};
  const auto path = context.settings.keys_dir + "/signing/" + keys.active_kid + ".pem";
  const bool readable = ::stat(path.c_str(), &found) == 0;
  keys.age_seconds = readable ? std::max<std::int64_t>(unix_seconds(context.now) - found.st_mtime, 0) : -1;
  // It goes on with what it has read; a worker that starts anew would not.
  keys.state = degraded_if(!readable);
}

void examine_hosts(db::Txn& txn, const shm::Metrics& metrics, HealthReport& report) {
  auto& hosts = report.hosts;
  const auto distrusted_us = boot_microseconds() - metrics.cache_trusted_until_us.load();
  hosts.is_trusting = distrusted_us < 0;
  hosts.all = hosts::list_hosts(txn);
  const auto is_silent = [](const hosts::Host& host) { return !host.is_alive(); };
  hosts.state = degraded_if(distrusted_us > kLongDistrustedUs ||
                            std::any_of(hosts.all.begin(), hosts.all.end(), is_silent));
}

// Without it the service is slower, and never wrong.
void examine_redis(const Settings& settings, const shm::Metrics& metrics, HealthReport& report) {
  if (settings.redis_url.empty()) return;
  const bool is_up = metrics.redis_up.load() != 0;
  report.redis = {degraded_if(!is_up), is_up ? std::optional{metrics.redis_latency_us.load()} : std::nullopt};
}

Folder folder(const char* use, const std::string& path, int rights) {
  Folder found{use, path, ::access(path.c_str(), rights) == 0, -1, -1};
  struct statvfs system {};
  if (::statvfs(path.c_str(), &system) == 0 && system.f_blocks > 0) {
    found.free_bytes =
        static_cast<std::int64_t>(system.f_bavail) * static_cast<std::int64_t>(system.f_frsize);
    found.free_percent = static_cast<std::int64_t>(system.f_bavail * 100 / system.f_blocks);
  }
  return found;
}

void examine_folders(const Settings& settings, HealthReport& report) {
  report.folders.push_back(folder("keys", settings.keys_dir, R_OK | X_OK));
  if (settings.mail_transport == "file")
    report.folders.push_back(folder("mail", settings.mail_dir, R_OK | W_OK | X_OK));
  if (settings.file_store == "local")
    report.folders.push_back(folder("files", settings.files_dir, R_OK | W_OK | X_OK));
  for (const auto& each : report.folders) {
    report.storage = worse(report.storage, failed_if(!each.usable));
    if (each.free_percent < 0) continue;
    report.disk = worse(report.disk, degraded_if(each.free_percent < kScarcePercent));
    report.disk = worse(report.disk, failed_if(each.free_percent < kNoPercent));
  }
}

}  // namespace

std::string_view health_name(Health health) {
  switch (health) {
    case Health::ok: return "ok";
    case Health::degraded: return "degraded";
    case Health::failed: return "failed";
  }
  return "";
}

std::vector<std::pair<const char*, Health>> HealthReport::states() const {
  return {{"database", database.state},
          {"outbox", mail.state},
          {"webhooks", deliveries.state},
          {"storage", storage},
          {"disk", disk},
          {"sweeper", sweeper.state},
          {"courier", courier.state},
          {"keys", keys.state},
          {"hosts", hosts.state},
          {"redis", redis ? redis->state : Health::ok}};
}

Health HealthReport::overall() const {
  auto worst = Health::ok;
  for (const auto& [name, state] : states()) worst = worse(worst, state);
  return worst;
}

HealthReport examine(db::Txn& txn, const Context& context, const SuperAdmin& admin,
                     const shm::Metrics& metrics) {
  HealthReport report;
  examine_database(txn, report);
  const auto queues = store::read_queues(txn, admin);
  report.mail = outgoing(queues.mail, context.now);
  report.deliveries = outgoing(queues.deliveries, context.now);
  report.courier.reachable = somebody_listens(context.settings.courier_socket);
  report.courier.state = degraded_if(!report.courier.reachable);
  report.sweeper = {degraded_if(!queues.last_sweep_at || context.now - *queues.last_sweep_at > kUnswept),
                    queues.last_sweep_at};
  examine_keys(context, report);
  examine_hosts(txn, metrics, report);
  examine_redis(context.settings, metrics, report);
  examine_folders(context.settings, report);
  return report;
}

}  // namespace tenantd::service
