#include "tenantd/identity/known_networks_store.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kFind{"known_network.find",
                    "SELECT 1 FROM known_network WHERE user_id = ? AND network = ? AND last_used_at > ?"};
constexpr Sql kKnow{"known_network.know", "CALL know_network(?, ?, ?, ?)"};
constexpr Sql kForgetDevices{"known_device.forget", "DELETE FROM known_device WHERE user_id = ?"};
constexpr Sql kForget{"known_network.forget", "DELETE FROM known_network WHERE user_id = ?"};
constexpr Sql kClearNetwork{
    "known_network.clear", "UPDATE known_network SET failed_signins = 0, locked_until = 0 WHERE user_id = ?"};

}  // namespace

bool is_known_network(db::Txn& txn, UserId user, const std::string& network, TimePoint now) {
  return txn.query(kFind, user, network, now - kNetworkKept).next();
}

void know_network(db::Txn& txn, UserId user, const std::string& network, TimePoint now) {
  txn.execute(kKnow, user, network, now, kMostNetworks);
}

void forget_networks(db::Txn& txn, UserId user) {
  txn.execute(kForget, user);
  txn.execute(kForgetDevices, user);
}

void clear_network_attempts(db::Txn& txn, UserId user) { txn.execute(kClearNetwork, user); }

}  // namespace tenantd::store
