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
constexpr Sql kForgetDevices{"known_device.forget", "DELETE FROM known_device WHERE user_id = ?"};
constexpr Sql kForget{"known_network.forget", "DELETE FROM known_network WHERE user_id = ?"};
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

void forget_networks(db::Txn& txn, UserId user) {
  txn.execute(kForget, user);
  txn.execute(kForgetDevices, user);
}

void clear_network_attempts(db::Txn& txn, UserId user) { txn.execute(kClearNetwork, user); }

}  // namespace tenantd::store
