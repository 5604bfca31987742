#include "tenantd/identity/known_networks_store.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kFind{"known_network.find",
                    "SELECT 1 FROM known_network WHERE user_id = ? AND network = ? AND last_used_at > ?"};
constexpr Sql kKnow{"known_network.know",
                    "INSERT INTO known_network (user_id, network, last_used_at) VALUES (?, ?, ?) "
                    "ON DUPLICATE KEY UPDATE last_used_at = VALUES(last_used_at)"};
constexpr Sql kCount{"known_network.count", "SELECT COUNT(*) FROM known_network WHERE user_id = ?"};
constexpr Sql kTrim{"known_network.trim",
                    "DELETE FROM known_network WHERE user_id = ? ORDER BY last_used_at, network LIMIT ?"};
constexpr Sql kForget{"known_network.forget", "DELETE FROM known_network WHERE user_id = ?"};
// Assigned from left to right: locked_until sees the new count.
constexpr Sql kReserveNetwork{
    "known_network.reserve",
    "UPDATE known_network SET failed_signins = IF(locked_until > 0, 1, failed_signins + 1), "
    "locked_until = IF(failed_signins >= ?, ?, 0) "
    "WHERE user_id = ? AND network = ? AND locked_until <= ? AND last_used_at > ?"};
constexpr Sql kConfirmNetwork{"known_network.confirm",
                              "UPDATE known_network SET failed_signins = 0, locked_until = 0 "
                              "WHERE user_id = ? AND network = ?"};
constexpr Sql kClearNetwork{
    "known_network.clear", "UPDATE known_network SET failed_signins = 0, locked_until = 0 WHERE user_id = ?"};

}  // namespace

bool is_known_network(db::Txn& txn, UserId user, const std::string& network, TimePoint now) {
  return txn.query(kFind, user, network, now - kNetworkKept).next();
}

void know_network(db::Txn& txn, UserId user, const std::string& network, TimePoint now) {
  if (network.empty()) return;
  txn.execute(kKnow, user, network, now);
  auto rows = txn.query(kCount, user);
  rows.next();
  if (const auto surplus = rows.integer(0) - kMostNetworks; surplus > 0) txn.execute(kTrim, user, surplus);
}

void forget_networks(db::Txn& txn, UserId user) { txn.execute(kForget, user); }

bool reserve_network_attempt(db::Txn& txn, UserId user, const std::string& network, std::int64_t failures,
                             Seconds lock, TimePoint now) {
  return txn.execute(kReserveNetwork, failures, now + lock, user, network, now, now - kNetworkKept) == 1;
}

void confirm_network_attempt(db::Txn& txn, UserId user, const std::string& network) {
  txn.execute(kConfirmNetwork, user, network);
}

void clear_network_attempts(db::Txn& txn, UserId user) { txn.execute(kClearNetwork, user); }

}  // namespace tenantd::store
