// Ends of sessions that OAuth clients are to be told of (sql/0023_oauth_devices.sql), as the courier sees
// them: rows claimed with a lease, gone once a client has said that it knows. Works on the tables themselves,
// as deliveries_store.hpp does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tenantd/base/id.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/db/connection.hpp"

namespace tenantd::store {

struct ToldClient {
  OrgId org;  // zeros: the service's own
  ClientId id;
  friend auto operator<=>(const ToldClient&, const ToldClient&) = default;
};

struct LogoutClaim {
  ToldClient client;
  SessionId session;
  UserId user;
  std::int64_t attempts = 0;  // before this one
  TimePoint pending_since;
  TimePoint lease_until;
};

// Clients for which something is due. Reads one index entry a client that anything waits for.
std::vector<ToldClient> clients_with_logouts(db::Connection& db, TimePoint now);
// Claims up to `limit` due rows of a client until `lease_until`; rows locked by another courier are skipped.
// Inside the caller's transaction.
std::vector<LogoutClaim> claim_logouts(db::Connection& db, const ToldClient& client, TimePoint now,
                                       TimePoint lease_until, std::int64_t limit);

struct LogoutAddress {
  std::string uri;
  bool eddsa = false;  // how the client has its tokens signed
};
// nullopt if the client is gone, or wants to hear nothing.
std::optional<LogoutAddress> read_logout_address(db::Connection& db, const ToldClient& client);

// The client knows, or nobody tries any more.
void forget_logout(db::Connection& db, SessionId session);
// Comes up again then. No effect if the lease ran out and another courier has the row.
void postpone_logout(db::Connection& db, const LogoutClaim& claim, TimePoint next_attempt_at);
// Gives a claimed row back untried.
void release_logout(db::Connection& db, const LogoutClaim& claim, TimePoint now);

}  // namespace tenantd::store
