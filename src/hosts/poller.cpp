#include "tenantd/hosts/poller.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "tenantd/base/log.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/db/error.hpp"
#include "tenantd/db/server.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/hosts/hosts.hpp"
#include "tenantd/hosts/shared_folder.hpp"

namespace tenantd::hosts {
namespace {

using db::Sql;

constexpr Sql kListLive{
    "host.list_beats",
    "SELECT id, registration, beat, (SELECT COALESCE(MAX(seq), 0) FROM invalidation), overdue, name, "
    "server, spent FROM host"};
constexpr Sql kTellServer{"host.tell_server", "UPDATE host SET server = ? WHERE id = ?"};
constexpr Sql kRemove{"host.remove", "DELETE FROM host WHERE id = ? AND beat = ?"};
constexpr Sql kRead{
    "invalidation.read",
    "SELECT seq, host_id, at_once, ids FROM invalidation WHERE seq > ? ORDER BY seq LIMIT 5001"};
constexpr std::size_t kMostRead = 5000;
// Their acknowledgements go with them. The newest entry stays: it says where the log ends.
constexpr Sql kForget{"invalidation.forget",
                      "DELETE FROM invalidation WHERE seq < ? ORDER BY seq LIMIT 10000"};

// Long after every host has read an entry, or joins anew.
constexpr std::int64_t kKeepUs = 60'000'000;
constexpr std::int64_t kPruneEveryUs = 10'000'000;
constexpr int kSeconds = 2;  // a database that answers later is none

}  // namespace

Poller::Poller(const Settings& settings, db::ServerBoard& servers, shm::SessionCache& cache,
               shm::RateLimiter& limiter, shm::HostState& state, shm::Metrics& metrics, Near near)
    : settings_(settings),
      account_(db::connect_options(settings, settings.db_user, settings.db_password, "tenantd_app")),
      cache_(cache),
      state_(state),
      metrics_(metrics),
      row_(host_name(settings), files_of(settings), state),
      keys_(settings, state, metrics),
      limits_(limiter, metrics),
      limiter_(limiter),
      near_(std::move(near)) {
  limiter_.all_told();  // what a process before this one was telling
  account_.timeout_seconds = kSeconds;
  account_.board = &servers;
}

Poller::~Poller() = default;

void Poller::turn() {
  turned_us_ = boot_microseconds();
  try {
    poll();
    failed_ = false;
  } catch (const ApiError& e) {
    fail(e.log_detail());
  } catch (const std::exception& e) {
    fail(e.what());
  }
}

// The next connection may lead to another server.
void Poller::fail(const std::string& why) {
  if (!failed_) log::warning("hosts_unread", {{"detail", why}});
  failed_ = true;
  connection_.reset();
  forget_place();
}

// All processes of this host use the first server of DB_HOST that takes writes. This one asks those that
// failed whether they are back, and notices that a server was demoted while nobody writes.
void Poller::follow_server() {
  if (connection_ && !connection_->is_to_be_replaced()) return;
  auto next = std::make_unique<db::Connection>(account_);
  const auto& server = next->server();
  const bool is_same = connection_ && connection_->server().address == server.address &&
                       connection_->server().name == server.name;
  if (connection_ && !is_same) {
    distrust();
    forget_place();
  }
  connection_ = std::move(next);
  state_.alone_until_us.store(0);
  state_.alone_epoch.store(connection_->epoch());
  if (is_same) return;
  server_told_ = false;
  if (const auto what = server.describe() + ", at " + server.address; what != server_) {
    server_ = what;
    log::info("database_server", {{"server", what}, {"fault", server.fault}});
  }
}

// To the other hosts.
void Poller::tell_server() {
  if (server_told_) return;
  connection_->execute(kTellServer, connection_->server().name, state_.id());
  server_told_ = true;
}

void Poller::poll() {
  follow_server();
  if (!standing_.is_joined() && !join()) return;
  tell_server();
  began_before_us_ = std::exchange(began_us_, boot_microseconds());
  if (began_before_us_ != 0) lag_us_ = std::max(lag_us_, began_us_ - began_before_us_);
  auto found = look(began_us_);
  if (!is_fit()) return stand_back();
  if (!follow_log()) {
    distrust();
    standing_.begin_anew();
    floors_.clear();
    metrics_.host_joins.fetch_add(1);
    return;
  }
  found.returned_us = boot_microseconds();
  cursor_.settle(began_us_, found.returned_us);
  renew(found);
  act_on(standing_.judge(found));
  acknowledge();
  tell_limits();
  prune(began_us_);
  keys_.turn(*connection_);
}

void Poller::renew(const Standing::Found& found) {
  if (!standing_.must_renew(found.returned_us, found.others.empty())) return;
  const auto renewal = boot_microseconds();
  if (!row_.renew(*connection_, lag_us_)) return;
  standing_.renewed(renewal);
  lag_us_ = 0;
}

// A process that takes over from another finds the row there.
bool Poller::join() {
  const auto began = boot_microseconds();
  if (began < rejoin_at_us_) return false;
  if (is_suspect_) prove_acknowledging();
  mark_files();
  if (!row_.write(*connection_, keys_.kids(), is_suspect_ ? kMostOverdue - 1 : 0)) {
    if (row_.is_taken()) become_another();
    return false;
  }
  standing_.joined(began);
  server_told_ = false;
  metrics_.host_joins.fetch_add(1);
  log::info("host_joining", {{"host", row_.name()}, {"id", state_.id().str()}});
  return true;
}

// Before the row is there: who reads the row finds the mark.
void Poller::mark_files() {
  const auto deployment = keys_.begin(*connection_, deployment_of_files(settings_));
  if (settings_.file_store != "local") return;
  const auto hosts = list_hosts(*connection_);
  std::vector<HostId> alive;
  for (const auto& host : hosts) alive.push_back(host.id);
  try {
    SharedFolder{settings_.files_dir}.mark(deployment, state_.id(), alive);
  } catch (const std::exception& e) {
    log::warning("files_unmarked", {{"detail", e.what()}});
  }
}

// Two nodes that are written to undo each other's commits, and one applies the other's late.
void Poller::note_server(const std::string& host, const std::string& server, std::string& elsewhere) const {
  if (server.empty() || server == connection_->server().name) return;
  elsewhere += (elsewhere.empty() ? "" : ", ") + host + " to " + server;
}

Standing::Found Poller::look(std::int64_t began_us) {
  Standing::Found found;
  found.began_us = began_us;
  std::string elsewhere;
  std::map<HostId, std::string> spent;
  auto rows = connection_->query(kListLive);
  while (rows.next()) {
    log_end_ = rows.integer(3);
    const auto id = rows.id<HostId>(0);
    if (id == state_.id()) {
      found.registration = rows.id<HostId>(1);
      is_copied_ = row_.look(rows.integer(2));
      overdue_ = rows.integer(4);
    } else {
      found.others.push_back({id, rows.integer(2)});
      spent[id] = rows.text(7);
      note_server(rows.text(5), rows.text(6), elsewhere);
    }
  }
  if (elsewhere != elsewhere_ && !elsewhere.empty())
    log::warning("hosts_write_elsewhere", {{"server", connection_->server().name}, {"others", elsewhere}});
  elsewhere_ = elsewhere;
  others_ = static_cast<std::int64_t>(found.others.size());
  metrics_.other_hosts.store(others_);
  hear_limits(spent);
  return found;
}

// A log that ends before what was read of it was emptied, or is that of another server: its next entries take
// numbers that count as read.
bool Poller::follow_log() {
  if (standing_.is_first_poll()) {
    cursor_.start(log_end_);
    return true;
  }
  if (log_end_ >= cursor_.newest()) return read_log();
  log::warning("hosts_log_cut", {{"end", log_end_}, {"read", cursor_.newest()}});
  return false;
}

bool Poller::read_log() {
  auto rows = connection_->query(kRead, cursor_.floor());
  if (rows.count() > kMostRead) {
    log::warning("hosts_behind", {{"read", static_cast<std::int64_t>(kMostRead)}});
    return false;
  }
  while (rows.next()) take(rows);
  return true;
}

void Poller::take(const db::Rows& row) {
  const auto number = row.integer(0);
  if (!cursor_.take(number) || row.id<HostId>(1) == state_.id()) return;
  metrics_.invalidations_read.fetch_add(1);
  const auto ids = row.text(3);
  if (ids.empty()) cache_.clear();
  for (std::size_t at = 0; at + 16 <= ids.size(); at += 16) {
    UuidBytes id;
    std::memcpy(id.data(), ids.data() + at, id.size());
    cache_.move_on(id);
  }
  if (row.flag(2)) to_acknowledge_.push_back(number);
}

void Poller::act_on(const Standing::Verdict& verdict) {
  if (verdict.must_join) {
    distrust();
    log::warning("host_row_lost", {{"host", row_.name()}});
  }
  if (verdict.forget_all) {
    cache_.clear();
    log::info("host_joined", {{"host", row_.name()}, {"others", others_}});
  }
  if (verdict.trust_until != 0) {
    cache_.trust(verdict.trust_until);
    metrics_.cache_trusted_until_us.store(verdict.trust_until);
  }
  state_.alone_until_us.store(verdict.alone_until);
  remove(verdict.gone);
}

void Poller::distrust() {
  cache_.distrust();
  const auto now = boot_microseconds();
  if (metrics_.cache_trusted_until_us.load() > now) metrics_.cache_trusted_until_us.store(now);
}

void Poller::remove(const std::vector<Standing::Other>& gone) {
  for (const auto& other : gone)
    if (connection_->execute(kRemove, other.id, other.beat) == 1)
      log::warning("host_gone", {{"id", other.id.str()}});
}

void Poller::prune(std::int64_t now_us) {
  if (!floors_.empty() && now_us - floors_.back().first < kPruneEveryUs) return;
  floors_.emplace_back(now_us, cursor_.floor());
  if (now_us - floors_.front().first < kKeepUs) return;
  connection_->execute(kForget, floors_.front().second);
  floors_.pop_front();
}

void Poller::leave() {
  try {
    if (!connection_) connection_ = std::make_unique<db::Connection>(account_);
    row_.remove(*connection_);
  } catch (const std::exception&) {
    // The others remove it once it does not renew.
  }
  SharedFolder{settings_.files_dir}.unmark(state_.id());
}

}  // namespace tenantd::hosts
