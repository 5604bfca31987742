// Attacks, as what is written down about accounts shows them. An attempt on an address that has no account
// counts like any other.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::store {

// Events of one kind that have an address or an account in common.
struct EventGroup {
  std::string address;         // the newest by its spelling; empty: not one network's
  std::optional<UserId> user;  // whose account, where the account is what they have in common
  std::int64_t events = 0;
  std::int64_t accounts = 0;   // different ones, with addresses that have no account
  std::int64_t addresses = 0;  // different networks: an IPv4 address, or an IPv6 /64
  TimePoint first_at, last_at;
  std::vector<UserId> users;  // up to five of those concerned
};

// Each returns at most `limit` groups of events since `since`, largest first.
// Failed sign-ins from one network: at least `failures`, or on at least `accounts`.
std::vector<EventGroup> failures_by_network(db::Txn& txn, const SuperAdmin& admin, TimePoint since,
                                            std::int64_t failures, std::int64_t accounts, std::int64_t limit);
// Failed sign-ins to one account from at least `networks`.
std::vector<EventGroup> failures_by_account(db::Txn& txn, const SuperAdmin& admin, TimePoint since,
                                            std::int64_t networks, std::int64_t limit);
// Sign-ins to at least `accounts` from one network.
std::vector<EventGroup> signins_by_network(db::Txn& txn, const SuperAdmin& admin, TimePoint since,
                                           std::int64_t accounts, std::int64_t limit);
// At least `least` events of this type on one account.
std::vector<EventGroup> events_by_account(db::Txn& txn, const SuperAdmin& admin, std::string_view type,
                                          TimePoint since, std::int64_t least, std::int64_t limit);

// The account's address; nullopt if it is gone.
std::optional<std::string> find_email(db::Txn& txn, const SuperAdmin& admin, UserId user);

}  // namespace tenantd::store
