// Sessions and the token pairs that stand for them (RFC 6749, refresh rotation as RFC 9700 section 4.14.2
// asks).
#pragma once

#include <optional>
#include <string>

#include "tenantd/effects/context.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::service {

struct TokenPair {
  std::string access_token;
  std::int64_t expires_in = 0;  // seconds
  std::string refresh_token;
  std::int64_t refresh_expires_in = 0;  // seconds
};

// What a client gets when it signs in, refreshes or selects an organization.
struct TokenReply {
  TokenPair tokens;
  UserRecord user;
  SessionId session;
  std::optional<store::Membership> membership;  // of the active organization
  bool alert = false;                           // of a new session: a mail shall tell its owner
};

// Starts a session of `user` with `membership` as its active organization; `bound`: and as its only one,
// ever.
TokenReply start_session(db::Txn& txn, const Context& context, const UserRecord& user,
                         std::optional<store::Membership> membership, bool bound = false);

// Exchanges a refresh token. One that was used before ends its session and throws ApiError(refresh_reused),
// except that the newest one, within the grace, gets the current pair again. Committed even when it throws.
// Throws ApiError(invalid_token) for a token that is not ours, or whose session, user, or the only
// organization that the session is good for is gone.
TokenReply refresh(db::Txn& txn, const Context& context, const std::string& token);

// What a refresh token is exchanged for, before there are new tokens.
struct Rotation {
  store::SessionRow session;
  std::int64_t counter = 0;  // of the session's next refresh token
  TimePoint expires_at;      // of the session, from now on
  UserRecord user;
  std::optional<store::Membership> membership;
  std::optional<ClientAccess> client;
  std::optional<TimePoint> signed_in_at;  // of a client's session
  std::string methods;
};
// As refresh(): of a session that `client` holds, or of one that none does.
Rotation rotate(db::Txn& txn, const Context& context, const std::string& token,
                const std::optional<ClientId>& client);

// Makes `org` the session's active organization; its refresh token rotates. Throws ApiError: not_found (the
// user is no active member of an active organization of that id), session_bound.
TokenReply select_organization(db::Txn& txn, const Context& context, const Session& session, OrgId org);

}  // namespace tenantd::service
