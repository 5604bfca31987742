#include "modules/administration/watched_store.hpp"

#include <map>

#include "tenantd/base/text.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kLook{"watched.look", "SELECT @@GLOBAL.max_connections"};
constexpr Sql kThreads{"watched.connections", "SHOW GLOBAL STATUS LIKE 'Threads_connected'"};
constexpr Sql kNode{"watched.node",
                    "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_ready', 'wsrep_local_recv_queue', "
                    "'wsrep_flow_control_paused_ns')"};
constexpr Sql kMails{"watched.mails",
                     "SELECT priority, COUNT(*), MIN(next_attempt_at) FROM admin_mail WHERE status = 0 "
                     "GROUP BY priority"};
constexpr Sql kOthers{"watched.queues",
                      "SELECT (SELECT MIN(created_at) FROM admin_mail WHERE status = 0), "
                      "(SELECT COUNT(*) FROM admin_mail WHERE status = 2 AND next_attempt_at > 0), "
                      "(SELECT COUNT(*) FROM admin_delivery WHERE status = 0) + "
                      "(SELECT COALESCE(SUM(events), 0) FROM admin_unread), "
                      "(SELECT COUNT(*) FROM admin_delivery WHERE status = 2), "
                      "(SELECT MIN(at) FROM (SELECT MIN(next_attempt_at) AS at FROM admin_delivery "
                      "WHERE status = 0 UNION ALL SELECT MIN(since) FROM admin_unread) w), "
                      "(SELECT started_at FROM admin_sweep_run ORDER BY id DESC LIMIT 1)"};
constexpr Sql kSweeps{"watched.sweeps",
                      "SELECT r.task, r.rows_deleted, r.error IS NOT NULL FROM "
                      "(SELECT MAX(id) AS id FROM admin_sweep_run GROUP BY task) newest "
                      "JOIN admin_sweep_run r ON r.id = newest.id ORDER BY r.task"};

constexpr Sql kStreams{"watched.streams",
                       "SELECT of_system, COALESCE(SUM(status = 0), 0), "
                       "COALESCE(SUM(status = 0 AND failing), 0), COALESCE(SUM(status = 1), 0), "
                       "COALESCE(SUM(CASE WHEN status = 0 THEN behind END), 0), "
                       "MIN(CASE WHEN status = 0 THEN since END) FROM admin_stream GROUP BY of_system"};

void read_streams(db::Txn& txn, Watched& out) {
  auto rows = txn.query(kStreams);
  while (rows.next())
    (rows.flag(0) ? out.system_streams : out.streams) = {rows.integer(1), rows.integer(2), rows.integer(3),
                                                         rows.integer(4), maybe_time(rows, 5)};
}

// Where there is no cluster, a server has other words or none.
std::optional<Watched::Node> read_node(db::Txn& txn) {
  std::map<std::string, std::string> words;
  auto rows = txn.query(kNode);
  while (rows.next()) words[rows.text(0)] = rows.text(1);
  if (words["wsrep_ready"] != "ON") return std::nullopt;
  const auto number = [&](const char* name) { return parse_int(words[name]).value_or(0); };
  return Watched::Node{number("wsrep_local_recv_queue"), number("wsrep_flow_control_paused_ns") / 1000};
}

void read_mails(db::Txn& txn, Watched& out) {
  auto rows = txn.query(kMails);
  while (rows.next()) {
    const auto rank = static_cast<std::size_t>(rows.integer(0));
    if (rank < out.mails.size()) out.mails[rank] = {rows.integer(1), maybe_time(rows, 2)};
  }
}

}  // namespace

Watched read_watched(const db::ConnectOptions& database) {
  db::Pool pool{database, 1};
  db::Txn txn{pool};
  // Numbers of all organizations together, and nobody's rows.
  txn.enter(db::ScopeKey{std::nullopt, std::nullopt, true});
  Watched out;
  const auto threads = [&] {
    auto rows = txn.query(kThreads);
    return rows.next() ? rows.integer(1) : 0;
  };
  out.connections = threads();
  const auto began = monotonic_microseconds();
  auto look = txn.query(kLook);
  out.latency_us = monotonic_microseconds() - began;
  look.next();
  out.max_connections = look.integer(0);
  out.node = read_node(txn);
  read_mails(txn, out);
  read_streams(txn, out);
  auto rows = txn.query(kOthers);
  rows.next();
  out.oldest_mail_at = maybe_time(rows, 0);
  out.dead_mails = rows.integer(1);
  out.deliveries = rows.integer(2);
  out.dead_deliveries = rows.integer(3);
  out.delivery_due_at = maybe_time(rows, 4);
  out.last_sweep_at = maybe_time(rows, 5);
  auto sweeps = txn.query(kSweeps);
  while (sweeps.next()) out.sweeps.push_back({sweeps.text(0), sweeps.integer(1), sweeps.flag(2)});
  return out;
}

}  // namespace tenantd::store
