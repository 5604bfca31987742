#include "modules/administration/overview_store.hpp"

#include <algorithm>

#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kOrganizations{
    "overview.organizations",
    "SELECT personal, status, COUNT(*) FROM admin_organization GROUP BY personal, status"};
constexpr Sql kUsers{"overview.users", "SELECT COUNT(*), COALESCE(SUM(status = 0), 0) FROM admin_user"};
constexpr Sql kCounts{
    "overview.counts",
    "SELECT (SELECT COUNT(*) FROM admin_user WHERE email_verified_at IS NULL), "
    "(SELECT COUNT(*) FROM admin_user WHERE mfa_enabled_at IS NOT NULL), "
    "(SELECT COUNT(*) FROM admin_user WHERE locked_until > ?), "
    "(SELECT COUNT(*) FROM admin_factor WHERE locked_until > ?), "
    "(SELECT COUNT(*) FROM admin_session WHERE expires_at > ? AND counts_until > ?), "
    "(SELECT COUNT(*) FROM admin_event WHERE type = 'signin.succeeded' AND created_at >= ?), "
    "(SELECT COUNT(*) FROM admin_event WHERE type = 'signin.failed' AND created_at >= ?), "
    "(SELECT COUNT(*) FROM admin_invite WHERE status = 0 AND expires_at > ?)"};
constexpr Sql kQueues{"overview.queues",
                      "SELECT (SELECT COUNT(*) FROM admin_mail WHERE status = 0), "
                      "(SELECT COUNT(*) FROM admin_mail WHERE status = 2 AND next_attempt_at > 0), "
                      "(SELECT MIN(next_attempt_at) FROM admin_mail WHERE status = 0), "
                      "(SELECT MIN(created_at) FROM admin_mail WHERE status = 0), "
                      "(SELECT COUNT(*) FROM admin_delivery WHERE status = 0) + "
                      "(SELECT COALESCE(SUM(events), 0) FROM admin_unread), "
                      "(SELECT COUNT(*) FROM admin_delivery WHERE status = 2), "
                      "(SELECT MIN(at) FROM (SELECT MIN(next_attempt_at) AS at FROM admin_delivery "
                      "WHERE status = 0 UNION ALL SELECT MIN(since) FROM admin_unread) w), "
                      "(SELECT started_at FROM admin_sweep_run ORDER BY id DESC LIMIT 1)"};
constexpr Sql kFacts{"overview.database", "SELECT VERSION(), @@GLOBAL.max_connections"};
constexpr Sql kConnections{"overview.connections", "SHOW GLOBAL STATUS LIKE 'Threads_connected'"};
#define TENANTD_BY_DAY(what, from)                          \
  "SELECT created_at DIV 86400 AS day, " what " FROM " from \
  "created_at BETWEEN ? AND ? GROUP BY day ORDER BY day"
constexpr Sql kSignUps{"growth.sign_ups", TENANTD_BY_DAY("COUNT(*)", "admin_user WHERE ")};
constexpr Sql kTenants{"growth.tenants",
                       TENANTD_BY_DAY("COUNT(*)", "admin_organization WHERE personal = 0 AND ")};
constexpr Sql kActive{
    "growth.active_users",
    TENANTD_BY_DAY("COUNT(DISTINCT user_id)", "admin_event WHERE type = 'signin.succeeded' AND ")};
#undef TENANTD_BY_DAY

void count_organizations(db::Txn& txn, Overview& out) {
  auto rows = txn.query(kOrganizations);
  while (rows.next()) {
    const auto count = rows.integer(2);
    if (rows.flag(0)) {
      out.personal_organizations += count;
    } else {
      (rows.integer(1) == 0 ? out.active_tenants : out.inactive_tenants) += count;
    }
  }
}

std::vector<CountedDay> by_day(db::Txn& txn, const SuperAdmin& admin, const Sql& sql, TimePoint from,
                               TimePoint to) {
  txn.enter(admin);
  auto rows = txn.query(sql, from, to);
  std::vector<CountedDay> days;
  while (rows.next()) days.push_back({rows.integer(0), rows.integer(1)});
  return days;
}

}  // namespace

Overview read_overview(db::Txn& txn, const SuperAdmin& admin, TimePoint now, TimePoint since) {
  txn.enter(admin);
  Overview out;
  count_organizations(txn, out);
  auto users = txn.query(kUsers);
  users.next();
  out.users = users.integer(0);
  out.active_users = users.integer(1);
  auto rows = txn.query(kCounts, now, now, now, now, since, since, now);
  rows.next();
  // An account may have been made in between.
  out.verified_users = std::max<std::int64_t>(out.users - rows.integer(0), 0);
  out.users_with_factor = rows.integer(1);
  out.locked_users = rows.integer(2);
  out.locked_factors = rows.integer(3);
  out.sessions = rows.integer(4);
  out.signins = rows.integer(5);
  out.failed_signins = rows.integer(6);
  out.pending_invites = rows.integer(7);
  return out;
}

Queues read_queues(db::Txn& txn, const SuperAdmin& admin) {
  txn.enter(admin);
  auto rows = txn.query(kQueues);
  rows.next();
  Queues queues;
  queues.mail = {rows.integer(0), rows.integer(1), maybe_time(rows, 2)};
  queues.oldest_mail_at = maybe_time(rows, 3);
  queues.deliveries = {rows.integer(4), rows.integer(5), maybe_time(rows, 6)};
  queues.last_sweep_at = maybe_time(rows, 7);
  return queues;
}

DatabaseFacts read_database_facts(db::Txn& txn) {
  auto facts = txn.query(kFacts);
  facts.next();
  DatabaseFacts found{facts.text(0), 0, facts.integer(1)};
  auto connections = txn.query(kConnections);
  if (connections.next()) found.connections = connections.integer(1);
  return found;
}

std::vector<CountedDay> count_sign_ups(db::Txn& txn, const SuperAdmin& admin, TimePoint from, TimePoint to) {
  return by_day(txn, admin, kSignUps, from, to);
}

std::vector<CountedDay> count_new_tenants(db::Txn& txn, const SuperAdmin& admin, TimePoint from,
                                          TimePoint to) {
  return by_day(txn, admin, kTenants, from, to);
}

std::vector<CountedDay> count_active_users(db::Txn& txn, const SuperAdmin& admin, TimePoint from,
                                           TimePoint to) {
  return by_day(txn, admin, kActive, from, to);
}

}  // namespace tenantd::store
