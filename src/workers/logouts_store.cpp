#include "workers/logouts_store.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kLogoutClients{"oauth_logout.clients",
                             "SELECT client_org, client_id FROM oauth_logout FORCE INDEX (oauth_logout_turn) "
                             "GROUP BY client_org, client_id HAVING MIN(next_attempt_at) <= ?"};
constexpr Sql kLogoutsDue{
    "oauth_logout.due",
    "SELECT session_id, user_id, attempts, pending_since FROM oauth_logout FORCE INDEX (oauth_logout_turn) "
    "WHERE client_org = ? AND client_id = ? AND next_attempt_at <= ? ORDER BY next_attempt_at LIMIT ? "
    "FOR UPDATE SKIP LOCKED"};
constexpr Sql kLogoutLease{
    "oauth_logout.lease",
    "UPDATE oauth_logout SET lease_until = ?, next_attempt_at = ?, pending_since = ? WHERE session_id = ?"};
constexpr Sql kLogoutAddress{"oauth_logout.address",
                             "SELECT backchannel_logout_uri, id_token_signed_response_alg FROM oauth_client "
                             "WHERE org_id = ? AND id = ?"};
constexpr Sql kLogoutForget{"oauth_logout.forget", "DELETE FROM oauth_logout WHERE session_id = ?"};
constexpr Sql kLogoutPostpone{
    "oauth_logout.postpone",
    "UPDATE oauth_logout SET attempts = attempts + 1, lease_until = 0, next_attempt_at = ? "
    "WHERE session_id = ? AND lease_until = ?"};
constexpr Sql kLogoutRelease{"oauth_logout.release",
                             "UPDATE oauth_logout SET lease_until = 0, next_attempt_at = ? "
                             "WHERE session_id = ? AND lease_until = ?"};

}  // namespace

std::vector<ToldClient> clients_with_logouts(db::Connection& db, TimePoint now) {
  auto rows = db.query(kLogoutClients, now);
  std::vector<ToldClient> found;
  while (rows.next()) found.push_back({rows.id<OrgId>(0), rows.id<ClientId>(1)});
  return found;
}

std::vector<LogoutClaim> claim_logouts(db::Connection& db, const ToldClient& client, TimePoint now,
                                       TimePoint lease_until, std::int64_t limit) {
  std::vector<LogoutClaim> claims;
  auto rows = db.query(kLogoutsDue, client.org, client.id, now, limit);
  while (rows.next()) {
    const auto since = rows.maybe_integer(3);
    claims.push_back({client, rows.id<SessionId>(0), rows.id<UserId>(1), rows.integer(2),
                      since ? from_unix(*since) : now, lease_until});
  }
  for (const auto& claim : claims)
    db.execute(kLogoutLease, lease_until, lease_until, claim.pending_since, claim.session);
  return claims;
}

std::optional<LogoutAddress> read_logout_address(db::Connection& db, const ToldClient& client) {
  auto rows = db.query(kLogoutAddress, client.org, client.id);
  if (!rows.next() || rows.is_null(0)) return std::nullopt;
  return LogoutAddress{rows.text(0), rows.integer(1) == 1};
}

void forget_logout(db::Connection& db, SessionId session) { db.execute(kLogoutForget, session); }

void postpone_logout(db::Connection& db, const LogoutClaim& claim, TimePoint next_attempt_at) {
  db.execute(kLogoutPostpone, next_attempt_at, claim.session, claim.lease_until);
}

void release_logout(db::Connection& db, const LogoutClaim& claim, TimePoint now) {
  db.execute(kLogoutRelease, now, claim.session, claim.lease_until);
}

}  // namespace tenantd::store
