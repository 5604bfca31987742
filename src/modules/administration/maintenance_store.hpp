// What the sweeper did last, and what super-admins ask of it. The application's account may ask, nothing
// else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::store {

struct TaskRun {
  std::string task;
  TimePoint started_at;
  std::int64_t duration_us = 0;
  std::int64_t rows = 0;
  std::optional<std::string> error;
};
// The last run of each task, by name.
std::vector<TaskRun> last_runs(db::Txn& txn, const SuperAdmin& admin);

struct SweepRequest {
  std::int64_t id = 0;
  std::optional<UserId> requested_by;
  TimePoint requested_at;
  std::optional<TimePoint> finished_at;  // nullopt: it waits, or is being done
};
// Returns at most `limit` requests, newest first.
std::vector<SweepRequest> list_sweep_requests(db::Txn& txn, const SuperAdmin& admin, std::int64_t limit);
// Returns the request's number.
std::int64_t request_sweep(db::Txn& txn, const SuperAdmin& admin, TimePoint now);

}  // namespace tenantd::store
