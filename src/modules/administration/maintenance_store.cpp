#include "modules/administration/maintenance_store.hpp"

#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kRuns{"maintenance.runs",
                    "SELECT r.task, r.started_at, r.duration_us, r.rows_deleted, r.error FROM "
                    "(SELECT MAX(id) AS id FROM admin_sweep_run GROUP BY task) newest "
                    "JOIN admin_sweep_run r ON r.id = newest.id ORDER BY r.task"};
constexpr Sql kRequests{"maintenance.requests",
                        "SELECT id, requested_by, requested_at, finished_at FROM admin_sweep_request "
                        "ORDER BY id DESC LIMIT ?"};
constexpr Sql kRequest{"maintenance.request", "CALL request_sweep(?)"};

}  // namespace

std::vector<TaskRun> last_runs(db::Txn& txn, const SuperAdmin& admin) {
  txn.enter(admin);
  auto rows = txn.query(kRuns);
  std::vector<TaskRun> runs;
  while (rows.next())
    runs.push_back({rows.text(0), rows.time(1), rows.integer(2), rows.integer(3), rows.maybe_text(4)});
  return runs;
}

std::vector<SweepRequest> list_sweep_requests(db::Txn& txn, const SuperAdmin& admin, std::int64_t limit) {
  txn.enter(admin);
  auto rows = txn.query(kRequests, limit);
  std::vector<SweepRequest> requests;
  while (rows.next())
    requests.push_back({rows.integer(0), rows.maybe_id<UserId>(1), rows.time(2), maybe_time(rows, 3)});
  return requests;
}

std::int64_t request_sweep(db::Txn& txn, const SuperAdmin& admin, TimePoint now) {
  txn.enter(admin);
  return txn.call_locked(
      kRequest,
      [](db::Rows& rows) {
        rows.next();
        return rows.integer(0);
      },
      now);
}

}  // namespace tenantd::store
