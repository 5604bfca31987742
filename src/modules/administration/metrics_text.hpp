// What /metrics answers: the counters of this host, and what lies in the database.
#pragma once

#include <string>

#include "tenantd/effects/context.hpp"
#include "tenantd/shm/metrics.hpp"

namespace tenantd::api {

// In Prometheus' text format. Labels are of bounded number: routes of the table, lanes, classes, tasks. Never
// throws for a database that is away.
std::string metrics_text(const shm::Metrics& metrics, const service::Context& context,
                         const db::ConnectOptions& database);

}  // namespace tenantd::api
