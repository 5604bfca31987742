// How the service's parts are, as seen from one worker.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/administration/overview_store.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/hosts/hosts.hpp"
#include "tenantd/shm/metrics.hpp"

namespace tenantd::service {

// degraded: the service answers, and somebody should look; failed: it does not do what it is for, or soon
// will not.
enum class Health { ok, degraded, failed };
std::string_view health_name(Health health);

struct Folder {
  const char* use;  // "keys", "mail"
  std::string path;
  bool usable = false;                            // for that: keys are only read
  std::int64_t free_bytes = 0, free_percent = 0;  // of its file system; -1: it cannot be asked
};

struct HealthReport {
  struct {
    Health state = Health::ok;
    std::int64_t latency_us = 0, schema_version = 0;
    store::DatabaseFacts facts;
  } database;
  struct Outgoing {
    Health state = Health::ok;
    store::Queue queue = {};
    std::int64_t overdue_seconds = 0;  // of what is due longest
  } mail, deliveries;
  struct {
    Health state = Health::ok;
    bool reachable = false;  // the courier hears a ring
  } courier;
  struct {
    Health state = Health::ok;
    std::optional<TimePoint> last_run_at = {};
  } sweeper;
  struct {
    Health state = Health::ok;
    std::string active_kid = {};
    std::int64_t age_seconds = -1;  // since it was made; -1: it cannot be read
    std::size_t verifying = 0;
  } keys;
  struct {
    Health state = Health::ok;
    bool is_trusting = false;  // this host uses what its workers remember of sessions
    std::vector<hosts::Host> all;
  } hosts;
  struct Redis {
    Health state = Health::ok;
    std::optional<std::int64_t> latency_us;  // while it answers
  };
  std::optional<Redis> redis;  // if it is configured
  Health storage = Health::ok, disk = Health::ok;
  std::vector<Folder> folders;

  // The parts with their states, by the names that the reply gives them.
  std::vector<std::pair<const char*, Health>> states() const;
  // The worst of them.
  Health overall() const;
};

// Throws ApiError(unavailable) if the database does not answer.
HealthReport examine(db::Txn& txn, const Context& context, const SuperAdmin& admin,
                     const shm::Metrics& metrics);

}  // namespace tenantd::service
