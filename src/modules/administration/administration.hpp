// What super-admins do to the system as a whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "modules/administration/overview_store.hpp"
#include "modules/administration/threats_store.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// Forgets an account's wrong passwords and wrong codes, and the locks they brought. Throws ApiError:
// not_found, forbidden (one's own account).
void unlock_account(db::Txn& txn, const Context& context, const SuperAdmin& admin, UserId user);

// Asks the sweeper to run all its tasks now, and wakes it once the request is durable. Returns the request's
// number.
std::int64_t request_cleanup(db::Txn& txn, const Context& context, const SuperAdmin& admin);

struct GrowthDay {
  std::int64_t day = 0;  // from 1970, UTC
  std::int64_t sign_ups = 0, tenants = 0, active_users = 0;
};
// Every day from that of `from` to that of `to`, whole days, also those on which nothing happened.
std::vector<GrowthDay> growth(db::Txn& txn, const SuperAdmin& admin, TimePoint from, TimePoint to);

// From how many on something is an attack.
struct ThreatBounds {
  Seconds window{3600};
  std::int64_t failures = 20;   // failed sign-ins from one network
  std::int64_t accounts = 10;   // accounts that one network failed to sign in to
  std::int64_t tries = 3;       // up to so many each on average is spraying
  std::int64_t networks = 5;    // networks that failed to sign in to one account
  std::int64_t signed_in = 20;  // accounts that one network signed in to
  std::int64_t codes = 5;       // wrong codes for one second factor
  std::int64_t limit = 20;      // findings of each kind
};

struct Threat {
  const char* kind;     // "burst", "spraying", "account_under_attack", "refresh_reuse", …
  std::string address;  // of the network: an IPv4 address, or an IPv6 /64; empty: not one network's
  store::EventGroup events;
};
std::vector<Threat> find_threats(db::Txn& txn, const Context& context, const SuperAdmin& admin,
                                 const ThreatBounds& bounds);

// "192.0.2.1" of itself and of "::ffff:192.0.2.1"; "2001:db8::/64" of an IPv6 address in it.
std::string network_text(const std::string& address);

}  // namespace tenantd::service
