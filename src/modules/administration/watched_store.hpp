// What the database knows of how the service does, read for /metrics.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/db/connection.hpp"
#include "tenantd/mail/mail.hpp"

namespace tenantd::store {

// By mail::rank_of.
inline constexpr std::array<std::string_view, mail::kRanks> kMailClasses = {
    "reset", "verification", "alert", "invitation", "notice", "report"};

struct Watched {
  struct Mails {
    std::int64_t waiting = 0;
    std::optional<TimePoint> due_at;  // of the one that is due first
  };
  // Streams of organizations, or of the whole system, together.
  struct Streams {
    std::int64_t active = 0, failing = 0, paused = 0;  // failing ones are active too
    std::int64_t behind = 0;                           // rows that active ones have not sent
    std::optional<TimePoint> since;                    // of the oldest of them
  };
  // Of a node of a Galera cluster.
  struct Node {
    std::int64_t unapplied = 0;  // write sets of other nodes
    std::int64_t paused_us = 0;  // since its start it has waited so long for nodes that lag
  };
  struct Sweep {
    std::string task;
    std::int64_t rows = 0;
    bool failed = false;
  };

  std::int64_t latency_us = 0;
  std::int64_t connections = 0, max_connections = 0;
  std::optional<Node> node;
  std::array<Mails, kMailClasses.size()> mails{};
  std::optional<TimePoint> oldest_mail_at;
  std::int64_t dead_mails = 0;
  std::int64_t deliveries = 0, dead_deliveries = 0;
  std::optional<TimePoint> delivery_due_at;
  Streams streams, system_streams;
  std::optional<TimePoint> last_sweep_at;
  std::vector<Sweep> sweeps;
};

// Reads it over a connection of its own, so that a scrape takes none from the requests. Throws what
// connecting and statements throw.
Watched read_watched(const db::ConnectOptions& database);

}  // namespace tenantd::store
