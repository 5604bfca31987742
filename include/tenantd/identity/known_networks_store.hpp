// The networks from which the owner of an account has signed in. Wrong passwords from there are counted by
// themselves, so that nobody elsewhere can lock the owner out.
#pragma once

#include <string>

#include "tenantd/db/txn.hpp"

namespace tenantd::store {

// An account knows so many, and for so long after they were used last.
inline constexpr std::int64_t kMostNetworks = 10;
inline constexpr std::int64_t kMostDevices = 50;
inline constexpr Seconds kNetworkKept{90 * 86400};

// `network` is of domain/network.hpp; an empty one is never known.
bool is_known_network(db::Txn& txn, UserId user, const std::string& network, TimePoint now);
// Somebody signed in from there. The one that was used longest ago goes if there are too many.
void know_network(db::Txn& txn, UserId user, const std::string& network, TimePoint now);
// None is known any more, and no device: who used the account before may have been somebody else.
void forget_networks(db::Txn& txn, UserId user);

// No network is locked any more.
void clear_network_attempts(db::Txn& txn, UserId user);

}  // namespace tenantd::store
