#include "workers/reporting_store.hpp"

#include "tenantd/domain/status.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kClaim{"report.claim",
                     "INSERT IGNORE INTO tenantd.job_run (job, org_id, due_at, done_at) VALUES (?, ?, ?, ?)"};
constexpr Sql kDone{"report.done",
                    "SELECT 1 FROM tenantd.job_run WHERE job = ? AND org_id = ? AND due_at = ?"};
constexpr Sql kForget{"report.forget", "DELETE FROM tenantd.job_run WHERE job = ? AND due_at < ? LIMIT 1000"};
constexpr Sql kOrganizations{
    "report.organizations",
    "SELECT o.id FROM tenantd.organization o WHERE o.id > ? AND o.status = 0 AND o.created_at < ? "
    "AND NOT EXISTS (SELECT 1 FROM tenantd.job_run r WHERE r.job = ? AND r.org_id = o.id AND r.due_at = ?) "
    "ORDER BY o.id LIMIT ?"};
constexpr Sql kName{"report.name", "SELECT name FROM organization WHERE id = ? AND status = 0"};
constexpr Sql kReaders{"report.readers",
                       "SELECT user_id, email, role_name, permissions FROM report_reader WHERE org_id = ? "
                       "AND (role_expires_at IS NULL OR role_expires_at > ?) "
                       "ORDER BY created_at, user_id LIMIT ?"};
constexpr Sql kByDay{"report.movements_by_day",
                     "SELECT (created_at - ?) DIV 86400, COUNT(*) FROM stock_movement "
                     "WHERE org_id = ? AND created_at >= ? AND created_at < ? GROUP BY 1"};
constexpr Sql kMoved{
    "report.most_moved",
    "SELECT p.sku, p.name, CAST(m.taken_in AS SIGNED), CAST(m.taken_out AS SIGNED) FROM ("
    "SELECT product_id, SUM(IF(change_by > 0, change_by, 0)) AS taken_in, "
    "SUM(IF(change_by < 0 AND type <> 3, -change_by, 0)) AS taken_out, SUM(ABS(change_by)) AS moved "
    "FROM stock_movement WHERE org_id = ? AND created_at >= ? AND created_at < ? "
    "GROUP BY product_id ORDER BY moved DESC, product_id LIMIT ?) m "
    "JOIN product p ON p.org_id = ? AND p.id = m.product_id ORDER BY m.moved DESC, p.sku"};
constexpr Sql kCountLow{"report.count_low",
                        "SELECT COUNT(*) FROM product WHERE org_id = ? AND low_since IS NOT NULL"};
constexpr Sql kLow{"report.low",
                   "SELECT sku, name, unit, quantity, COALESCE(reorder_level, 0), low_since FROM product "
                   "WHERE org_id = ? AND low_since IS NOT NULL ORDER BY low_since LIMIT ?"};
// The week's own come from the times, since each takes the place of the status before.
constexpr Sql kRequests{
    "report.requests",
    "SELECT CAST(COALESCE(SUM(created_at >= ? AND created_at < ?), 0) AS SIGNED), "
    "CAST(COALESCE(SUM(submitted_at >= ? AND submitted_at < ?), 0) AS SIGNED), "
    "CAST(COALESCE(SUM(status IN (2, 4, 5) AND decided_at >= ? AND decided_at < ?), 0) AS SIGNED), "
    "CAST(COALESCE(SUM(status = 3 AND decided_at >= ? AND decided_at < ?), 0) AS SIGNED), "
    "CAST(COALESCE(SUM(received_at >= ? AND received_at < ?), 0) AS SIGNED), "
    "CAST(COALESCE(SUM(status = 0), 0) AS SIGNED), CAST(COALESCE(SUM(status = 1), 0) AS SIGNED), "
    "CAST(COALESCE(SUM(status IN (2, 5)), 0) AS SIGNED), CAST(COALESCE(SUM(status = 3), 0) AS SIGNED), "
    "CAST(COALESCE(SUM(status = 4), 0) AS SIGNED) FROM purchase_request WHERE org_id = ?"};
constexpr Sql kJoined{"report.joined",
                      "SELECT role_name, COUNT(*) FROM member_detail WHERE org_id = ? AND created_at >= ? "
                      "AND created_at < ? AND status = 0 GROUP BY role_name ORDER BY 2 DESC, 1"};

}  // namespace

bool claim_job(db::Txn& txn, const ReporterScope&, std::string_view job, OrgId org, TimePoint due,
               TimePoint now) {
  return txn.execute(kClaim, job, org, due, now) == 1;
}

bool job_done(db::Txn& txn, const ReporterScope&, std::string_view job, TimePoint due) {
  return txn.query(kDone, job, OrgId{}, due).next();
}

std::int64_t forget_jobs(db::Txn& txn, const ReporterScope&, std::string_view job, TimePoint before) {
  return txn.execute(kForget, job, before);
}

std::vector<OrgId> organizations_due(db::Txn& txn, const ReporterScope&, std::string_view job, TimePoint due,
                                     OrgId after) {
  auto rows = txn.query(kOrganizations, after, due, job, due, kOrganizationBatch);
  std::vector<OrgId> found;
  while (rows.next()) found.push_back(rows.id<OrgId>(0));
  return found;
}

std::optional<std::string> active_name(db::Txn& txn, const ReporterScope&, OrgId org) {
  auto rows = txn.query(kName, org);
  return rows.next() ? std::optional{rows.text(0)} : std::nullopt;
}

std::vector<Reader> readers_of(db::Txn& txn, const ReporterScope&, OrgId org, TimePoint now) {
  auto rows = txn.query(kReaders, org, now, kMostReaders);
  std::vector<Reader> found;
  while (rows.next()) {
    const auto* system = rows.is_null(3) ? find_system_role(rows.text(2)) : nullptr;
    found.push_back(
        {rows.id<UserId>(0), rows.text(1),
         system != nullptr ? system->permissions : parse_permissions(rows.maybe_text(3).value_or(""))});
  }
  return found;
}

std::vector<std::int64_t> movements_by_day(db::Txn& txn, const ReporterScope&, OrgId org, const Week& week) {
  auto rows = txn.query(kByDay, week.from, org, week.from, week.to);
  std::vector<std::int64_t> days(7);
  while (rows.next()) days.at(static_cast<std::size_t>(rows.integer(0))) = rows.integer(1);
  return days;
}

std::vector<MovedProduct> most_moved(db::Txn& txn, const ReporterScope&, OrgId org, const Week& week,
                                     std::int64_t limit) {
  auto rows = txn.query(kMoved, org, week.from, week.to, limit, org);
  std::vector<MovedProduct> found;
  while (rows.next()) found.push_back({rows.text(0), rows.text(1), rows.integer(2), rows.integer(3)});
  return found;
}

std::int64_t count_low(db::Txn& txn, const ReporterScope&, OrgId org) {
  auto rows = txn.query(kCountLow, org);
  rows.next();
  return rows.integer(0);
}

std::vector<LowProduct> longest_low(db::Txn& txn, const ReporterScope&, OrgId org, std::int64_t limit) {
  auto rows = txn.query(kLow, org, limit);
  std::vector<LowProduct> found;
  while (rows.next())
    found.push_back(
        {rows.text(0), rows.text(1), rows.text(2), rows.integer(3), rows.integer(4), rows.time(5)});
  return found;
}

RequestCounts count_requests(db::Txn& txn, const ReporterScope&, OrgId org, const Week& week) {
  const auto from = week.from, to = week.to;
  auto rows = txn.query(kRequests, from, to, from, to, from, to, from, to, from, to, org);
  rows.next();
  RequestCounts counts;
  for (unsigned i = 0; i < 5; ++i) {
    counts.became.push_back(rows.integer(i));
    counts.stand.push_back(rows.integer(i + 5));
  }
  return counts;
}

std::vector<std::pair<std::string, std::int64_t>> joined_by_role(db::Txn& txn, const ReporterScope&,
                                                                 OrgId org, const Week& week) {
  auto rows = txn.query(kJoined, org, week.from, week.to);
  std::vector<std::pair<std::string, std::int64_t>> found;
  while (rows.next()) found.emplace_back(rows.text(0), rows.integer(1));
  return found;
}

}  // namespace tenantd::store
