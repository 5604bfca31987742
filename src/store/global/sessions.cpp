#include "tenantd/store/global/sessions.hpp"

#include "tenantd/store/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kInsert{
    "session.insert",
    "INSERT INTO session (id, user_id, org_id, bound_org_id, counter, rotated_at, created_at, expires_at, "
    "ends_at, address, agent) VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kFind{"session.find",
                    "SELECT id, user_id, org_id, bound_org_id, counter, rotated_at, created_at, expires_at, "
                    "ends_at FROM session WHERE id = ? AND actor_id IS NULL"};
constexpr Sql kRotate{"session.rotate",
                      "UPDATE session SET counter = counter + 1, rotated_at = ?, expires_at = ? "
                      "WHERE id = ? AND counter = ? AND expires_at > ? AND ends_at > ?"};
constexpr Sql kSelect{"session.select_organization",
                      "UPDATE session SET org_id = ?, counter = counter + 1, rotated_at = ?, expires_at = ? "
                      "WHERE id = ? AND user_id = ?"};
constexpr Sql kDelete{"session.delete", "DELETE FROM session WHERE id = ?"};
constexpr Sql kDeleteAll{"session.delete_all", "DELETE FROM session WHERE user_id = ?"};
constexpr Sql kDeleteOthers{"session.delete_others", "DELETE FROM session WHERE user_id = ? AND id <> ?"};
constexpr Sql kDeleteBegun{"session.delete_begun", "DELETE FROM session WHERE actor_id = ?"};
constexpr Sql kList{
    "session.list",
    "SELECT id, address, agent, created_at, rotated_at, LEAST(expires_at, ends_at), actor_id FROM session "
    "WHERE user_id = ? AND (? IS NULL OR org_id = ?) AND expires_at > ? AND ends_at > ? "
    "AND created_at <= ? AND (created_at < ? OR id < ?) "
    "ORDER BY created_at DESC, id DESC LIMIT ?"};
constexpr Sql kCountLive{"session.count",
                         "SELECT COUNT(*) FROM session WHERE user_id = ? AND (? IS NULL OR org_id = ?) "
                         "AND expires_at > ? AND ends_at > ?"};
constexpr Sql kEnd{"session.end",
                   "DELETE FROM session WHERE user_id = ? AND (? IS NULL OR id = ?) "
                   "AND (? IS NULL OR org_id = ?)"};
constexpr Sql kAuthenticate{"session.authenticate", "CALL authenticate(?, ?, ?)"};
constexpr Sql kAuthenticateKey{"api_key.authenticate", "CALL authenticate_key(?, ?)"};
constexpr Sql kMemberships{
    "membership.list",
    "SELECT org_id, name, slug, org_status, personal, require_mfa, created_at, updated_at, role_id, "
    "role_name, "
    "permissions, status, "
    "member_since, role_expires_at FROM my_membership WHERE user_id = ? "
    "AND member_since >= ? AND (member_since > ? OR org_id > ?) ORDER BY member_since, org_id LIMIT ?"};
constexpr Sql kCount{"membership.count", "SELECT COUNT(*) FROM my_membership WHERE user_id = ?"};
constexpr Sql kFirst{
    "membership.first",
    "SELECT org_id, name, slug, org_status, personal, require_mfa, created_at, updated_at, role_id, "
    "role_name, permissions, status, "
    "member_since, role_expires_at FROM my_membership WHERE user_id = ? AND status = 0 AND org_status = 0 "
    "ORDER BY member_since, org_id LIMIT 1"};
constexpr Sql kOne{
    "membership.find",
    "SELECT org_id, name, slug, org_status, personal, require_mfa, created_at, updated_at, role_id, "
    "role_name, permissions, status, "
    "member_since, role_expires_at FROM my_membership WHERE user_id = ? AND org_id = ?"};
constexpr Sql kBounds{"membership.session_bounds",
                      "SELECT session_idle_seconds, session_max_seconds FROM my_membership "
                      "WHERE user_id = ? AND org_id = ?"};
constexpr Sql kDetail{
    "membership.detail",
    "SELECT settings, mail_sender_name, self_approval, session_idle_seconds, session_max_seconds, "
    "max_members, max_projects, max_storage_bytes, max_requests, COALESCE(active_members, 0), invite_seconds "
    "FROM my_membership WHERE user_id = ? AND org_id = ?"};

Membership read_membership(const db::Rows& rows) {
  Membership membership{read_organization(rows, 0), read_role(rows, 8), static_cast<Status>(rows.integer(11)),
                        rows.time(12)};
  membership.role.expires_at = maybe_time(rows, 13);
  return membership;
}

// What both ways to authenticate answer with.
LiveSession read_live(const db::Rows& rows) {
  LiveSession live;
  auto& p = live.principal;
  p.user.id = rows.id<UserId>(0);
  p.session_ends_at = rows.time(1);
  p.user.email = rows.text(2);
  p.user.profile = rows.text(3);
  p.user.status = static_cast<Status>(rows.integer(4));
  p.user.is_super = rows.flag(5);
  p.user.email_verified_at = maybe_time(rows, 6);
  p.user.created_at = rows.time(7);
  p.user.updated_at = rows.time(8);
  p.user.mfa_enabled = !rows.is_null(9);
  p.session_began_at = rows.time(26);
  p.bound_org = rows.maybe_id<OrgId>(27);
  if (const auto actor = rows.maybe_id<UserId>(28)) p.actor = Actor{*actor, rows.text(29)};
  if (rows.is_null(10)) return live;
  live.is_member = true;
  p.organization = read_organization(rows, 10);
  p.role = read_role(rows, 18);
  live.member_status = static_cast<Status>(rows.integer(21));
  p.member_since = rows.time(22);
  p.role.expires_at = maybe_time(rows, 23);
  p.organization_requests = rows.maybe_integer(30);
  if (const auto most = rows.maybe_integer(31)) p.organization_session_max = Seconds{*most};
  return live;
}

// Memberships are seen through the eyes of their user, whatever scope is entered otherwise.
class AsUser {
 public:
  AsUser(db::Txn& txn, UserId user) : txn_(txn), before_(txn.scope()) {
    auto scope = before_;
    scope.user = user;
    txn.enter(scope);
  }
  ~AsUser() { txn_.enter(before_); }
  AsUser(const AsUser&) = delete;
  AsUser& operator=(const AsUser&) = delete;

 private:
  db::Txn& txn_;
  db::ScopeKey before_;
};

}  // namespace

void insert_session(db::Txn& txn, const NewSession& session, TimePoint now) {
  txn.execute(kInsert, session.id, session.user, session.org, session.bound_org, now, now, session.expires_at,
              session.ends_at, session.address, session.agent);
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
  if (keep) {
    txn.execute(kDeleteOthers, user, *keep);
  } else {
    txn.execute(kDeleteAll, user);
  }
  txn.execute(kDeleteBegun, user);
  txn.touch(user);
}

std::vector<SessionDetail> list_sessions(db::Txn& txn, UserId user, std::optional<OrgId> org,
                                         const std::optional<Keyset>& from, std::int64_t limit,
                                         TimePoint now) {
  // Nothing is newer than a day from now.
  const Keyset start = from.value_or(Keyset{now + Seconds{86400}, {}});
  auto rows = txn.query(kList, user, org, org, now, now, start.time, start.time, SessionId{start.id}, limit);
  std::vector<SessionDetail> found;
  while (rows.next())
    found.push_back({rows.id<SessionId>(0), rows.text(1), rows.text(2), rows.time(3), rows.time(4),
                     rows.time(5), rows.maybe_id<UserId>(6)});
  return found;
}

std::int64_t count_sessions(db::Txn& txn, UserId user, std::optional<OrgId> org, TimePoint now) {
  auto rows = txn.query(kCountLive, user, org, org, now, now);
  rows.next();
  return rows.integer(0);
}

std::int64_t end_sessions(db::Txn& txn, UserId user, std::optional<SessionId> one, std::optional<OrgId> org) {
  txn.touch(user);
  return txn.execute(kEnd, user, one, one, org, org);
}

std::optional<LiveSession> authenticate(db::Txn& txn, SessionId session, std::optional<OrgId> org,
                                        const std::optional<std::string>& slug) {
  const auto read = [&](db::Rows& rows) -> std::optional<LiveSession> {
    if (!rows.next()) return std::nullopt;
    auto live = read_live(rows);
    live.principal.session = session;
    return live;
  };
  return txn.call(kAuthenticate, read, session, org, slug);
}

std::optional<LiveSession> authenticate_key(db::Txn& txn, const std::string& hash, TimePoint now) {
  const auto read = [](db::Rows& rows) -> std::optional<LiveSession> {
    if (!rows.next()) return std::nullopt;
    auto live = read_live(rows);
    auto& p = live.principal;
    p.api_key = rows.id<ApiKeyId>(24);
    p.role.permissions = PermissionSet{p.role.permissions.bits() & parse_permissions(rows.text(25)).bits()};
    return live;
  };
  return txn.call(kAuthenticateKey, read, hash, now);
}

std::vector<Membership> list_memberships(db::Txn& txn, UserId user, const std::optional<Keyset>& from,
                                         std::int64_t limit) {
  const AsUser as{txn, user};
  const Keyset start = from.value_or(Keyset{from_unix(-1), {}});
  auto rows = txn.query(kMemberships, user, start.time, start.time, OrgId{start.id}, limit);
  std::vector<Membership> found;
  while (rows.next()) found.push_back(read_membership(rows));
  return found;
}

std::int64_t count_memberships(db::Txn& txn, UserId user) {
  const AsUser as{txn, user};
  auto rows = txn.query(kCount, user);
  rows.next();
  return rows.integer(0);
}

std::optional<Membership> first_membership(db::Txn& txn, UserId user) {
  const AsUser as{txn, user};
  auto rows = txn.query(kFirst, user);
  if (!rows.next()) return std::nullopt;
  return read_membership(rows);
}

std::optional<Membership> find_membership(db::Txn& txn, UserId user, OrgId org) {
  const AsUser as{txn, user};
  auto rows = txn.query(kOne, user, org);
  if (!rows.next()) return std::nullopt;
  return read_membership(rows);
}

SessionBounds find_session_bounds(db::Txn& txn, UserId user, OrgId org) {
  const AsUser as{txn, user};
  auto rows = txn.query(kBounds, user, org);
  SessionBounds bounds;
  if (!rows.next()) return bounds;
  if (const auto idle = rows.maybe_integer(0)) bounds.idle = Seconds{*idle};
  if (const auto most = rows.maybe_integer(1)) bounds.most = Seconds{*most};
  return bounds;
}

std::optional<OrganizationDetail> find_organization_detail(db::Txn& txn, UserId user, OrgId org) {
  const AsUser as{txn, user};
  auto rows = txn.query(kDetail, user, org);
  if (!rows.next()) return std::nullopt;
  return OrganizationDetail{
      rows.text(0),
      {rows.maybe_text(1), rows.flag(2), rows.maybe_integer(3), rows.maybe_integer(4),
       rows.maybe_integer(10)},
      {rows.maybe_integer(5), rows.maybe_integer(6), rows.maybe_integer(7), rows.maybe_integer(8)},
      rows.integer(9)};
}

}  // namespace tenantd::store
