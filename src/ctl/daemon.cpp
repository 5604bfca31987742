#include "tenantd/ctl/daemon.hpp"

#include <sys/prctl.h>

#include <cstring>
#include <optional>

#include "tenantd/api/dispatch.hpp"
#include "tenantd/base/log.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/clients/redis.hpp"
#include "tenantd/crypto/breached.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/ctl/checked_settings.hpp"
#include "tenantd/db/error.hpp"
#include "tenantd/db/schema.hpp"
#include "tenantd/db/server.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/wake_socket.hpp"
#include "tenantd/hosts/poller.hpp"
#include "tenantd/hosts/shared_folder.hpp"
#include "tenantd/http/server.hpp"
#include "tenantd/modules/documents/files.hpp"
#include "tenantd/proc/idle_trim.hpp"
#include "tenantd/proc/memory_bound.hpp"
#include "tenantd/proc/no_network.hpp"
#include "tenantd/proc/supervisor.hpp"
#include "tenantd/shm/hash.hpp"
#include "tenantd/watch/crash.hpp"
#include "tenantd/watch/exporter.hpp"

namespace tenantd::ctl {
namespace {

// No longer does a replacement wait until it has caught up: its predecessor serves meanwhile.
constexpr std::int64_t kCatchUpUs = 3'000'000;

// Of a database that does not answer at the start: the service starts without.
constexpr int kStartSeconds = 2;

// Whether this host fits the database and the others: by the schema, by its keys, and at the start by where
// it keeps files. A database that does not answer says nothing of it: the hosts process asks again. Throws
// ConfigError with a sentence.
enum class Check { start, reload };
void check_against_database(const Settings& settings, Check check) {
  try {
    auto account = db::connect_options(settings, settings.db_user, settings.db_password, "tenantd_app");
    account.timeout_seconds = kStartSeconds;
    db::Connection connection{account};
    db::require_schema(connection);
    const auto keys = hosts::checked_keys(settings, connection);
    if (check == Check::reload) return;
    hosts::found_deployment(connection, keys, hosts::deployment_of_files(settings));
    const auto deployment = hosts::read_deployment(connection);
    const auto others = hosts::list_hosts(connection);
    if (const auto fault = hosts::fault_of_files(settings, deployment.id, others)) throw ConfigError(*fault);
  } catch (const db::AccessError& e) {
    log::warning("host_unchecked", {{"detail", e.what()}});
  } catch (const db::RetryableError& e) {
    log::warning("host_unchecked", {{"detail", e.what()}});
  } catch (const ApiError& e) {
    log::warning("host_unchecked", {{"detail", e.log_detail()}});
  }
}

}  // namespace

// What every worker inherits; keys are read again at a reload.
struct Daemon::Master {
  Settings settings = load_checked_settings();
  api::Schemas schemas;
  api::SharedState shared;
  std::unique_ptr<crypto::LiveKeys> keys = read_keys();

  std::unique_ptr<crypto::LiveKeys> read_keys() const {
    return std::make_unique<crypto::LiveKeys>(settings.keys_dir, &shared.host->agreed_key);
  }

  // A key that all hosts derive alike, and nobody else. That of a reload would be another deployment's.
  Secret derived_key(const std::string& use) const {
    return Secret{crypto::hmac_sha256(keys->current().keys->seal_key().reveal(), "tenantd: " + use)};
  }
  // The same on all hosts, which tell one another what they count (shm/rate_limiter.hpp).
  std::uint64_t hash_seed() const {
    std::uint64_t seed = 0;
    const auto key = derived_key("seed of hashes, 1");
    std::memcpy(&seed, key.reveal().data(), sizeof seed);
    return seed;
  }

  // Several deployments may share a Redis.
  std::string channel_name() const {
    return to_hex(derived_key("name of the channel, 1").reveal().substr(0, 8));
  }

  int work(const proc::Lane& lane, int slot, int listen_fd, int stop_fd) {
    log::set_process(lane.name);
    watch::tell_of_crashes(lane.name, settings.sentry_dsn.reveal().empty() ? "" : settings.export_socket);
    if (lane.name == "hosts") return watch_hosts(stop_fd);
    if (lane.name == "export") return send_exports(stop_fd);
    // One hash at a time fills a core; more threads would only share it.
    const bool hashes = lane.name == "hash";
    if (hashes) proc::use_one_heap();
    // Only the outbound lane calls others; a database on another host is called by all.
    const bool calls = lane.name == "outbound" || !settings.db_host.empty();
    if (!calls && !proc::give_up_network())
      log::write(log::Level::notice, "network_kept", {{"reason", "the kernel takes no filter"}});
    const int threads = hashes ? 1 : static_cast<int>(settings.worker_threads);
    proc::bound_memory(settings.worker_memory_bytes, threads);
    api::Dispatch dispatch{settings, *keys, schemas, shared, {lane.name, lane.workers, threads}};
    http::ServerOptions options;
    options.listen_fd = listen_fd;
    options.stop_fd = stop_fd;
    options.threads = threads;
    options.request_deadline = Seconds{settings.request_seconds};
    options.drain_deadline = Seconds{settings.drain_seconds};
    // Not all at once: each worker's turn comes 5 % later than its neighbour's.
    options.max_requests = settings.worker_requests + settings.worker_requests / 20 * slot;
    options.max_body = settings.body_bytes;
    options.on_drain = proc::worker_retiring;
    proc::worker_ready();
    proc::IdleTrim trim{Seconds{3}};
    options.again = [&](http::Request& request) { return dispatch.handle(request, true); };
    options.refuse = [&](http::Request& request, const http::BadRequest& unread) {
      return dispatch.handle(request, false, &unread);
    };
    http::serve(options, [&](http::Request& request) {
      trim.worked();
      return dispatch.handle(request);
    });
    return 0;
  }

  int watch_hosts(int stop_fd) {
    ::prctl(PR_SET_NAME, "tenantd-hosts");
    const auto redis = service::redis_options(settings);
    if (settings.db_host.empty() && (!redis || !redis->socket.empty())) proc::give_up_network();
    std::optional<service::RedisChannel> channel;
    if (redis) channel.emplace(*redis, channel_name(), *shared.metrics);
    hosts::Poller poller{settings,
                         *shared.servers,
                         *shared.cache,
                         *shared.limiter,
                         *shared.host,
                         *shared.metrics,
                         {channel ? &*channel : nullptr, derived_key("what hosts tell one another, 1")}};
    // One that replaces another is ready once it trusts what is remembered.
    bool is_announced = !shared.host->was_joined.exchange(true);
    if (is_announced) proc::worker_ready();
    const auto began = monotonic_microseconds();
    do {
      poller.turn();
      if (is_announced || (!poller.is_trusting() && monotonic_microseconds() - began < kCatchUpUs)) continue;
      proc::worker_ready();
      is_announced = true;
    } while (!poller.wait(stop_fd, shared.written.fd()));
    if (shared.host->leaving) poller.leave();
    return 0;
  }

  int send_exports(int stop_fd) {
    ::prctl(PR_SET_NAME, "tenantd-export");
    watch::run_exporter(settings, *shared.metrics, stop_fd, [] { proc::worker_ready(); });
    return 0;
  }

  void reload() {
    check_against_database(settings, Check::reload);
    crypto::use_breached_passwords(settings.breached_passwords);
    keys = read_keys();
    shared.cache->clear();
    shared.metrics->reloads.fetch_add(1);
  }

  void note(const std::string& event, int pid, int status) {
    // Before the workers are told: from here on nobody here goes by what is remembered, and other hosts need
    // not wait for this one.
    if (event == "stopping") {
      shared.cache->close();
      shared.host->leaving = true;
    }
    // A worker of before may have remembered a token of a key that is gone now.
    if (event == "reload_done") shared.cache->clear();
    const bool gone = event == "worker_crashed" || event == "worker_recycled" || event == "worker_drained" ||
                      event == "reload_failed";
    if (gone) shared.in_flight->leave(pid);
    if (event == "worker_crashed") shared.metrics->worker_crashes.fetch_add(1);
    log::info(event, {{"worker", pid}, {"status", status}});
  }

  int run() {
    shared.metrics->started_at = unix_seconds(now());
    db::count_into(*shared.database);
    proc::SupervisorOptions options;
    options.lanes = {{"fast", settings.fast_socket, static_cast<int>(settings.workers), 0},
                     {"hash", settings.hash_socket, static_cast<int>(settings.hash_workers),
                      static_cast<int>(settings.hash_nice)},
                     {"outbound", settings.outbound_socket, static_cast<int>(settings.outbound_workers), 0},
                     {"hosts", "", 1, 0}};
    if (watch::exports(settings)) options.lanes.push_back({"export", "", 1, 0});
    options.drain = Seconds{settings.drain_seconds};
    options.on_reload = [this] { reload(); };
    options.on_event = [this](const std::string& event, int pid, int status) { note(event, pid, status); };
    return proc::supervise(options, [this](const proc::Lane& lane, int slot, int listen_fd, int stop_fd) {
      return work(lane, slot, listen_fd, stop_fd);
    });
  }
};

void check_daemon(const Settings& settings) {
  check_settings(settings);
  check_client_secrets(settings);
  watch::check_export(settings);
  service::check_file_settings(settings);
  log::parse_level(settings.log_level);
  for (const auto& path : {settings.fast_socket, settings.hash_socket, settings.outbound_socket})
    service::check_wake_socket(path);
}

void use_breached_list(const Settings& settings) {
  try {
    crypto::use_breached_passwords(settings.breached_passwords);
  } catch (const std::runtime_error& e) {
    throw ConfigError(std::string{"BREACHED_PASSWORDS: "} + e.what());
  }
}

Daemon::Daemon() {
  master_ = std::make_unique<Master>();
  shm::seed_hash(master_->hash_seed());
  master_->shared.host->set_id(crypto::new_id<HostId>());
  check_daemon(master_->settings);
  log::set_level(log::parse_level(master_->settings.log_level));
  if (!master_->settings.clock_offset_file.empty()) use_offset_file(master_->settings.clock_offset_file);
  check_against_database(master_->settings, Check::start);
  use_breached_list(master_->settings);
}

Daemon::~Daemon() = default;

int Daemon::run() { return master_->run(); }

}  // namespace tenantd::ctl
