#include "tenantd/hosts/key_watch.hpp"

#include <algorithm>

#include "tenantd/base/log.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/base/time.hpp"

namespace tenantd::hosts {
namespace {

using db::Sql;

constexpr Sql kOthers{"host.list_keys", "SELECT name, kids FROM host WHERE id <> ?"};
constexpr Sql kTell{"host.tell_keys", "UPDATE host SET kids = ? WHERE id = ?"};
// Not as one statement: MariaDB wants more rights for that than the application has.
constexpr Sql kProlong{"deployment.prolong", "UPDATE deployment SET until_at = ? WHERE name = ?"};
constexpr Sql kAdd{"deployment.add",
                   "INSERT IGNORE INTO deployment (name, value, until_at) VALUES (?, ?, ?)"};
constexpr Sql kEnd{"deployment.end", "UPDATE deployment SET until_at = ? WHERE name = ? AND until_at > ?"};

constexpr std::int64_t kLookEveryUs = 1'000'000;
// By then every worker has read what has changed in the folder, or does so before it answers.
constexpr std::int64_t kSettleUs = 300'000;
// A key that signs is written down ahead, so that it is not written every second.
constexpr Seconds kAhead{300}, kAtLeast{60};
constexpr std::size_t kMostBytes = 4000;

void sign_until(db::Connection& connection, const std::string& kid, TimePoint until) {
  if (connection.execute(kProlong, until, kid) == 0) connection.execute(kAdd, kid, kid, until);
}

}  // namespace

KeyWatch::KeyWatch(const Settings& settings, shm::HostState& state, shm::Metrics& metrics)
    : dir_(settings.keys_dir),
      lifetime_(settings.access_token_seconds),
      state_(state),
      metrics_(metrics),
      live_(settings.keys_dir, &state.agreed_key),
      keys_(live_.current().keys),
      newest_(keys_) {}

// More than fits is told in part: the others wait for a host that does not tell of a key.
std::string KeyWatch::kids() {
  std::string text;
  for (const auto& kid : keys_->fingerprints().signing)
    if (text.size() + kid.size() < kMostBytes) text += (text.empty() ? "" : " ") + kid;
  return text;
}

std::vector<KeyWatch::Other> KeyWatch::others(db::Connection& connection) const {
  std::vector<Other> found;
  auto rows = connection.query(kOthers, state_.id());
  while (rows.next()) {
    Other other{rows.text(0), {}};
    const auto text = rows.text(1);
    for (const auto kid : split(text, ' ')) other.kids.emplace_back(kid);
    found.push_back(std::move(other));
  }
  return found;
}

std::string KeyWatch::begin(db::Connection& connection, const std::string& id) {
  looked_at_us_ = 0;
  told_kids_.clear();
  found_deployment(connection, *keys_, id);
  return read_deployment(connection).id;
}

// True if there is news. A worker of this host may have looked at the folder just before it changed.
bool KeyWatch::take_settled_keys(std::int64_t now_us) {
  const auto found = live_.current();
  newest_ = found.keys;
  if (found.changed) changed_at_us_ = now_us;
  if (found.keys == keys_ || now_us - changed_at_us_ < kSettleUs) return false;
  keys_ = found.keys;
  return true;
}

void KeyWatch::turn(db::Connection& connection) {
  const auto now_us = boot_microseconds();
  if (!take_settled_keys(now_us) && looked_at_us_ != 0 && now_us - looked_at_us_ < kLookEveryUs) return;
  const auto time = now();
  // The row before the table.
  if (const auto text = kids(); text != told_kids_) {
    connection.execute(kTell, text, state_.id());
    told_kids_ = text;
  }
  auto deployment = read_deployment(connection);
  end_retired(connection, deployment, time);
  judge(deployment, time);
  if (metrics_.lacks_keys.load() == 0) agree(connection, deployment, time);
  looked_at_us_ = now_us;
}

// By what lies in the folder now, which a worker reads before it refuses a token: a host that comes back
// while a new key has been agreed on lacks nothing that is there.
void KeyWatch::judge(const Deployment& deployment, TimePoint time) {
  const auto fault = fault_of(deployment, *newest_, dir_, time);
  metrics_.lacks_keys.store(fault ? 1 : 0);
  // How many seconds are left changes, and is no news.
  const auto news = fault ? fault->substr(0, fault->find(" ends in ")) : "";
  if (news != told_ && fault) log::error("keys_differ", {{"detail", *fault}});
  if (news != told_ && !fault) log::info("keys_agree", {});
  told_ = news;
}

// Retired before its time: the hosts that still have it are to go on without.
void KeyWatch::end_retired(db::Connection& connection, Deployment& deployment, TimePoint time) const {
  for (const auto& kid : keys_->retired()) {
    if (!deployment.is_alive(kid, time) || keys_->find(kid) != nullptr) continue;
    connection.execute(kEnd, time, kid, time);
    deployment.signing.erase(kid);
  }
}

// The newest key that every host knows signs, whatever stands behind it.
void KeyWatch::agree(db::Connection& connection, const Deployment& deployment, TimePoint time) {
  const auto turns = keys_->turns();
  const auto agreed = std::find_if(turns.rbegin(), turns.rend(), [&](const std::string& kid) {
    return deployment.is_alive(kid, time) || try_to_sign(connection, kid, time);
  });
  // No host knows any of them, as when all of them are older than this program: the times alone count.
  state_.agreed_key.store(agreed == turns.rend() ? 0 : crypto::KeyRing::mark_of(*agreed));
  keep_alive(connection, deployment, keys_->active_kid(time), time);
  tell_waiting(connection, agreed == turns.rend() ? turns.back() : *agreed, time);
}

bool KeyWatch::try_to_sign(db::Connection& connection, const std::string& kid, TimePoint time) {
  const auto is_known = [&] {
    return std::ranges::all_of(others(connection), [&](const Other& other) { return has(other.kids, kid); });
  };
  if (!is_known()) return false;
  sign_until(connection, kid, time + lifetime_ + kAhead);
  if (is_known()) return true;
  connection.execute(kEnd, time, kid, time);
  return false;
}

void KeyWatch::keep_alive(db::Connection& connection, const Deployment& deployment, const std::string& kid,
                          TimePoint time) const {
  if (deployment.is_alive(kid, time + lifetime_ + kAtLeast)) return;
  sign_until(connection, kid, time + lifetime_ + kAhead);
}

// A key that should sign by now and does not.
void KeyWatch::tell_waiting(db::Connection& connection, const std::string& agreed, TimePoint time) {
  const auto due = keys_->due_kid(time);
  const bool waits = due != keys_->active_kid(time);
  metrics_.keys_waiting.store(waits ? 1 : 0);
  if (!waits || told_waiting_ == due) return;
  told_waiting_ = due;
  std::string lacking;
  for (const auto& other : others(connection))
    if (!has(other.kids, due)) lacking += (lacking.empty() ? "" : ", ") + other.name;
  log::warning("signing_key_waits", {{"key", due},
                                     {"signs", agreed},
                                     {"lacking", lacking},
                                     {"detail", "copy " + dir_ + "/signing to the hosts that lack it"}});
}

}  // namespace tenantd::hosts
