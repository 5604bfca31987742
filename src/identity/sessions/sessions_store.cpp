#include "identity/keys/api_keys.hpp"
#include "tenantd/effects/rows.hpp"
#include "tenantd/identity/known_networks_store.hpp"
#include "tenantd/identity/live_sessions.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kOpen{"session.open", "CALL open_session(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kRenewable{"session.renewable", "CALL renewable_session(?)"};
constexpr Sql kFind{"session.find",
                    "SELECT id, user_id, org_id, bound_org_id, counter, rotated_at, created_at, expires_at, "
                    "ends_at FROM live_session WHERE id = ? AND actor_id IS NULL"};
constexpr Sql kRotate{
    "session.rotate",
    "UPDATE session SET counter = counter + 1, pair_used = FALSE, rotated_at = ?, expires_at = ? "
    "WHERE id = ? AND counter = ? AND expires_at > ? AND ends_at > ?"};
constexpr Sql kSelect{
    "session.select_organization",
    "UPDATE session SET org_id = ?, counter = counter + 1, pair_used = FALSE, rotated_at = ?, "
    "expires_at = ? WHERE id = ? AND user_id = ?"};
constexpr Sql kFactor{"session.second_factor",
                      "UPDATE session SET second_factor = TRUE WHERE id = ? AND user_id = ?"};
constexpr Sql kMethods{"session.methods", "UPDATE session SET methods = ? WHERE id = ? AND user_id = ?"};
constexpr Sql kProven{"session.proven",
                      "UPDATE session SET methods = ?, proven_at = ?, second_factor = second_factor OR ? "
                      "WHERE id = ? AND user_id = ?"};
constexpr Sql kPairUsed{"session.pair_used", "SELECT pair_used FROM session WHERE id = ?"};
constexpr Sql kDelete{"session.delete", "DELETE FROM session WHERE id = ?"};
constexpr Sql kEndAll{"session.end_all", "CALL end_all_sessions(?, ?)"};
constexpr Sql kEndAt{"session.end_at", "CALL end_sessions_at(?, ?, TRUE, FALSE)"};
#define TENANTD_PAGE \
  "AND created_at <= ? AND (created_at < ? OR id < ?) ORDER BY created_at DESC, id DESC LIMIT ?"
#define TENANTD_LISTED \
  "FROM live_session WHERE user_id = ? AND (? IS NULL OR org_id = ?) AND expires_at > ? AND ends_at > ? "
#define TENANTD_LISTED_HERE "FROM home_session WHERE org_id = ? AND user_id = ? AND counts_until > ? "
constexpr Sql kList{"session.list",
                    "SELECT id, address, agent, created_at, rotated_at, LEAST(expires_at, ends_at), "
                    "actor_id " TENANTD_LISTED TENANTD_PAGE};
constexpr Sql kListHere{"session.list_here",
                        "SELECT id, address, agent, created_at, rotated_at, counts_until, "
                        "actor_id " TENANTD_LISTED_HERE TENANTD_PAGE};
constexpr Sql kCountLive{"session.count", "SELECT COUNT(*) " TENANTD_LISTED};
constexpr Sql kCountHere{"session.count_here", "SELECT COUNT(*) " TENANTD_LISTED_HERE};
#undef TENANTD_PAGE
#undef TENANTD_LISTED
#undef TENANTD_LISTED_HERE
constexpr Sql kLock{"session.lock", "SELECT id FROM session WHERE id = ? FOR UPDATE"};
constexpr Sql kIsLive{
    "session.is_live",
    "SELECT id FROM live_session WHERE id = ? AND user_id = ? AND (? IS NULL OR org_id = ?)"};
constexpr Sql kAuthenticate{"session.authenticate", "CALL authenticate(?, ?, ?, ?, ?)"};
constexpr Sql kAuthenticateClient{"oauth_client.authenticate", "CALL authenticate_client(?)"};
constexpr Sql kAuthenticateKey{"api_key.authenticate", "CALL authenticate_key_at(?, ?, ?)"};

// What the procedures answer with, by its names; a record of several columns by its first, in the order of
// effects/rows.hpp.
UserRecord read_user(const db::Rows& rows) {
  const auto at = [&](const char* name) { return rows.column(name); };
  UserRecord user;
  user.id = rows.id<UserId>(at("user_id"));
  user.email = rows.text(at("email"));
  user.profile = rows.text(at("profile"));
  user.status = static_cast<Status>(rows.integer(at("user_status")));
  user.is_super = rows.flag(at("is_super"));
  user.email_verified_at = maybe_time(rows, at("email_verified_at"));
  user.created_at = rows.time(at("user_created_at"));
  user.updated_at = rows.time(at("user_updated_at"));
  user.mfa_enabled = !rows.is_null(at("mfa_enabled_at"));
  return user;
}

std::optional<ClientAccess> read_client(const db::Rows& rows) {
  const auto client = rows.maybe_id<ClientId>(rows.column("client_id"));
  if (!client) return std::nullopt;
  return ClientAccess{*client, parse_scopes(rows.text(rows.column("client_scopes"))).value_or(Scopes{})};
}

// NULL: the sign-in of a program that did not write it down, or of one that had nothing to say beyond what
// the rest of the row says.
AuthMethods read_methods(const db::Rows& rows, bool is_bound) {
  using enum AuthMethod;
  const auto words = rows.maybe_text(rows.column("methods"));
  const bool two = rows.flag(rows.column("second_factor"));
  if (words) return AuthMethods::parse(*words) | (two ? AuthMethods{mfa} : AuthMethods{});
  return (is_bound ? AuthMethods{} : AuthMethods{pwd}) | (two ? AuthMethods{otp, mfa} : AuthMethods{});
}

LiveSession read_live(const db::Rows& rows) {
  const auto at = [&](const char* name) { return rows.column(name); };
  LiveSession live;
  auto& p = live.principal;
  p.user = read_user(rows);
  p.session_ends_at = rows.time(at("session_ends_at"));
  p.session_began_at = rows.time(at("session_began_at"));
  p.bound_org = rows.maybe_id<OrgId>(at("bound_org_id"));
  if (const auto actor = rows.maybe_id<UserId>(at("actor_id")))
    p.actor = Actor{*actor, rows.text(at("actor_email"))};
  p.client = read_client(rows);
  p.authentication = {rows.time(at("authenticated_at")), rows.flag(at("proven_since")),
                      read_methods(rows, p.bound_org.has_value())};
  if (rows.is_null(at("org_id"))) return live;

  live.is_member = true;
  p.organization = read_organization(rows, at("org_id"));
  p.role = read_role(rows, at("role_id"));
  live.member_status = static_cast<Status>(rows.integer(at("member_status")));
  p.member_since = rows.time(at("member_since"));
  p.role.expires_at = maybe_time(rows, at("role_expires_at"));
  p.organization_requests = rows.maybe_integer(at("org_max_requests"));
  if (const auto most = rows.maybe_integer(at("org_session_max_seconds")))
    p.organization_session_max = Seconds{*most};
  p.organization_wants_passkey = rows.flag(at("org_require_passkey"));
  p.organization_takes_codes = rows.flag(at("org_mail_code"));
  return live;
}

// The organization does not let the session in.
void forget_membership(LiveSession& live) {
  auto& p = live.principal;
  live.is_member = false;
  p.organization.reset();
  p.role = {};
  p.organization_requests.reset();
  p.organization_session_max.reset();
}

std::optional<Membership> read_membership(const db::Rows& rows) {
  const auto at = [&](const char* name) { return rows.column(name); };
  if (rows.is_null(at("org_id"))) return std::nullopt;
  Membership membership{read_organization(rows, at("org_id")), read_role(rows, at("role_id")),
                        static_cast<Status>(rows.integer(at("member_status"))), rows.time(at("member_since")),
                        read_session_bounds(rows, at("session_idle_seconds"))};
  membership.role.expires_at = maybe_time(rows, at("role_expires_at"));
  membership.asks = {membership.organization.require_mfa, rows.flag(at("org_require_passkey")),
                     rows.flag(at("org_mail_code"))};
  return membership;
}

Renewal read_renewal(const db::Rows& rows) {
  const auto at = [&](const char* name) { return rows.column(name); };
  const SessionRow session{rows.id<SessionId>(at("id")),
                           rows.id<UserId>(at("user_id")),
                           rows.maybe_id<OrgId>(at("active_org_id")),
                           rows.maybe_id<OrgId>(at("bound_org_id")),
                           rows.integer(at("counter")),
                           rows.time(at("rotated_at")),
                           rows.time(at("session_began_at")),
                           rows.time(at("expires_at")),
                           rows.time(at("ends_at"))};
  auto wanted = rows.maybe_text(at("sso_required"));
  return {session,
          read_user(rows),
          wanted ? std::nullopt : read_membership(rows),
          read_client(rows),
          maybe_time(rows, at("signed_in_at")),
          rows.maybe_text(at("methods")).value_or(""),
          std::move(wanted)};
}

}  // namespace

SessionBounds read_session_bounds(const db::Rows& rows, unsigned at) {
  const auto seconds = [&](unsigned column) {
    const auto number = rows.maybe_integer(column);
    return number ? std::optional{Seconds{*number}} : std::nullopt;
  };
  return {seconds(at), seconds(at + 1)};
}

OpenedSession open_session(db::Txn& txn, const NewSession& session, const SessionOrigin& origin,
                           std::int64_t most, bool ask, TimePoint now) {
  const auto read = [](db::Rows& rows) {
    rows.next();
    return OpenedSession{rows.integer(0),
                         rows.flag(1),
                         static_cast<LoginAlert>(rows.integer(2)),
                         maybe_login_alert(rows, 3),
                         rows.flag(4),
                         rows.maybe_integer(5) == 0,
                         rows.maybe_integer(6) == 1};
  };
  const auto opened =
      txn.call_locked(kOpen, read, session.id, session.user, session.org, session.bound_org, now,
                      session.expires_at, session.ends_at, session.address, session.agent, most,
                      origin.network, kMostNetworks, origin.device, kMostDevices, now - kNetworkKept, ask);
  if (opened.displaced > 0) txn.touch(session.user);
  return opened;
}

std::optional<Renewal> find_renewal(db::Txn& txn, SessionId id) {
  const auto read = [](db::Rows& rows) {
    return rows.next() ? std::optional{read_renewal(rows)} : std::nullopt;
  };
  return txn.call_unscoped(kRenewable, read, id);
}

void set_second_factor(db::Txn& txn, SessionId id, UserId user) {
  txn.execute(kFactor, id, user);
  txn.touch(user);
}

void set_methods(db::Txn& txn, SessionId id, UserId user, AuthMethods methods) {
  txn.execute(kMethods, methods.words(), id, user);
  txn.touch(user);
}

void set_proven(db::Txn& txn, SessionId id, UserId user, AuthMethods methods, TimePoint now) {
  txn.execute(kProven, methods.words(), now, methods.has(AuthMethod::mfa), id, user);
  txn.touch(user);
}

bool is_pair_used(db::Txn& txn, SessionId id) {
  auto rows = txn.query(kPairUsed, id);
  return !rows.next() || rows.flag(0);
}

std::optional<SessionRow> find_session(db::Txn& txn, SessionId id) {
  auto rows = txn.query(kFind, id);
  if (!rows.next()) return std::nullopt;
  return SessionRow{rows.id<SessionId>(0),
                    rows.id<UserId>(1),
                    rows.maybe_id<OrgId>(2),
                    rows.maybe_id<OrgId>(3),
                    rows.integer(4),
                    rows.time(5),
                    rows.time(6),
                    rows.time(7),
                    rows.time(8)};
}

bool rotate_session(db::Txn& txn, SessionId id, std::int64_t counter, TimePoint expires_at, TimePoint now) {
  return txn.execute(kRotate, now, expires_at, id, counter, now, now) == 1;
}

bool select_organization(db::Txn& txn, SessionId id, UserId user, OrgId org, TimePoint expires_at,
                         TimePoint now) {
  return txn.execute(kSelect, org, now, expires_at, id, user) == 1;
}

void delete_session(db::Txn& txn, SessionId id, UserId user) {
  txn.execute(kDelete, id);
  txn.touch(user);
}

void delete_sessions(db::Txn& txn, UserId user, std::optional<SessionId> keep) {
  txn.execute(kEndAll, user, keep);
  txn.touch(user);
}

namespace {

// True if somebody else asks, inside `org`: who sees those that count there.
bool is_here(const db::Txn& txn, const std::optional<OrgId>& org) { return org && txn.scope().org == org; }

}  // namespace

std::vector<SessionDetail> list_sessions(db::Txn& txn, UserId user, std::optional<OrgId> org,
                                         const std::optional<Keyset>& from, std::int64_t limit,
                                         TimePoint now) {
  // Nothing is newer than a day from now.
  const Keyset start = from.value_or(Keyset{now + Seconds{86400}, {}});
  const SessionId before{start.id};
  auto rows = is_here(txn, org)
                  ? txn.query(kListHere, *org, user, now, start.time, start.time, before, limit)
                  : txn.query(kList, user, org, org, now, now, start.time, start.time, before, limit);
  std::vector<SessionDetail> found;
  while (rows.next())
    found.push_back({rows.id<SessionId>(0), rows.text(1), rows.text(2), rows.time(3), rows.time(4),
                     rows.time(5), rows.maybe_id<UserId>(6)});
  return found;
}

std::int64_t count_sessions(db::Txn& txn, UserId user, std::optional<OrgId> org, TimePoint now) {
  auto rows = is_here(txn, org) ? txn.query(kCountHere, *org, user, now)
                                : txn.query(kCountLive, user, org, org, now, now);
  rows.next();
  return rows.integer(0);
}

namespace {

// Of two at once, one ends it.
std::int64_t end_one(db::Txn& txn, UserId user, SessionId id, std::optional<OrgId> org) {
  auto locked = txn.lock(kLock, id);
  auto found = txn.query(kIsLive, id, user, org, org);
  if (!found.next()) return 0;
  delete_session(txn, id, user);
  return 1;
}

}  // namespace

std::int64_t end_sessions(db::Txn& txn, UserId user, std::optional<SessionId> one, std::optional<OrgId> org) {
  if (one) return end_one(txn, user, *one, org);
  if (org) {
    txn.execute(kEndAt, user, *org);
    txn.touch(user);
  } else {
    delete_sessions(txn, user, std::nullopt);
  }
  return 1;
}

std::optional<LiveSession> authenticate(db::Txn& txn, SessionId session, std::optional<OrgId> org,
                                        const std::optional<std::string>& slug, const TokenUse& use) {
  const auto read = [&](db::Rows& rows) -> std::optional<LiveSession> {
    if (!rows.next()) return std::nullopt;
    auto live = read_live(rows);
    live.principal.session = session;
    live.sso_required = rows.maybe_text(rows.column("sso_required"));
    if (live.sso_required) forget_membership(live);
    return live;
  };
  return txn.call_unscoped(kAuthenticate, read, session, org, slug, use.issued_at, use.super_needs_factor);
}

std::optional<LiveSession> authenticate(db::Txn& txn, SessionId session, std::optional<OrgId> org,
                                        const std::optional<std::string>& slug) {
  return authenticate(txn, session, org, slug, {from_unix(0)});
}

std::optional<LiveSession> authenticate_client(db::Txn& txn, ClientId client) {
  const auto read = [](db::Rows& rows) -> std::optional<LiveSession> {
    if (!rows.next()) return std::nullopt;
    auto live = read_live(rows);
    // To limits and the audit log it is what an API key is.
    live.principal.api_key = rows.id<ApiKeyId>(rows.column("api_key_id"));
    return live;
  };
  return txn.call_unscoped(kAuthenticateClient, read, client);
}

namespace {

// A role may hold more than a key of an organization can.
void read_account(const db::Rows& rows, LiveSession& live) {
  const auto at = [&](const char* name) { return rows.column(name); };
  auto& p = live.principal;
  const auto id = rows.maybe_id<ServiceAccountId>(at("account_id"));
  if (!id) return;
  p.account =
      AccountAccess{*id, rows.text(at("account_name")), Networks::parse(rows.text(at("account_networks"))),
                    maybe_time(rows, at("account_refused_at"))};
  p.role.permissions = p.role.permissions & service::organization_key_permissions();
  live.notes_use = rows.flag(at("notes_use"));
}

}  // namespace

std::optional<LiveSession> authenticate_key(db::Txn& txn, const std::string& hash, TimePoint now,
                                            const std::string& address) {
  const auto read = [](db::Rows& rows) -> std::optional<LiveSession> {
    if (!rows.next()) return std::nullopt;
    auto live = read_live(rows);
    auto& p = live.principal;
    p.api_key = rows.id<ApiKeyId>(rows.column("api_key_id"));
    if (const auto own = rows.maybe_text(rows.column("api_key_permissions")))
      p.role.permissions = p.role.permissions & parse_permissions(*own);
    read_account(rows, live);
    return live;
  };
  return txn.call_unscoped(kAuthenticateKey, read, hash, now, address);
}

}  // namespace tenantd::store
