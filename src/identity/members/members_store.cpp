#include "tenantd/identity/members_store.hpp"

#include "tenantd/domain/error.hpp"
#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kInsert{
    "member.insert",
    "INSERT INTO member (org_id, user_id, role_id, role_expires_at, granted_by, created_at, updated_at) "
    "SELECT ?, u.id, ?, ?, ?, ?, ? FROM user u WHERE u.id = ? AND u.status = 0 LOCK IN SHARE MODE"};
#define TENANTD_MEMBER_WITH(more)                                                                           \
  "SELECT m.user_id, u.email, u.profile, m.role_id, r.name, r.permissions, m.status, m.created_at, "        \
  "m.updated_at, m.role_expires_at, u.email_verified_at, u.mfa_enabled_at, u.created_at, u.updated_at" more \
  " FROM member m JOIN user u ON u.id = m.user_id "                                                         \
  "JOIN role r ON r.org_id = m.org_id AND r.id = m.role_id WHERE m.org_id = ? AND m.user_id = ?"
constexpr Sql kFind{"member.find", TENANTD_MEMBER_WITH("")};
constexpr Sql kFindCaller{
    "member.find_caller",
    TENANTD_MEMBER_WITH(", EXISTS (SELECT 1 FROM live_session s WHERE s.id = ?) OR "
                        "EXISTS (SELECT 1 FROM api_key k WHERE k.org_id = ? AND k.id = ?)")};
#undef TENANTD_MEMBER_WITH
constexpr Sql kAmong{"member.among", "SELECT m.user_id FROM " TENANTD_IDS
                                     "STRAIGHT_JOIN member m ON m.org_id = ? AND m.user_id = UNHEX(ids.id)"};
constexpr Sql kDelete{"member.delete", "DELETE FROM member WHERE org_id = ? AND user_id = ?"};
constexpr Sql kLeave{"member.leave", "CALL leave_organization(?, ?)"};
constexpr Sql kForgetLinks{"member.forget_links", "CALL forget_links(?)"};
constexpr Sql kSetRole{"member.set_role",
                       "UPDATE member SET role_id = ?, role_expires_at = ?, "
                       "granted_by = IF(granted_by IS NULL, NULL, ?), updated_at = ? "
                       "WHERE org_id = ? AND user_id = ?"};
constexpr Sql kSetStatus{
    "member.set_status",
    "UPDATE member SET status = ?, granted_by = IF(granted_by IS NOT NULL AND ? = 0, ?, granted_by), "
    "updated_at = ? "
    "WHERE org_id = ? AND user_id = ?"};
constexpr Sql kDeactivate{"member.deactivate", "CALL deactivate_members(?, ?)"};
// Whoever founded the organization stays without a granter, whatever role others give it later.
#define TENANTD_FOUNDED                                                    \
  "EXISTS (SELECT 1 FROM member f JOIN organization o ON o.id = f.org_id " \
  "WHERE f.org_id = ? AND f.user_id = ? AND f.granted_by IS NULL AND f.created_at = o.created_at) "
// Kept is who was there from the beginning, and whom those let in, and so on. Whose granter has gone is kept
// as well, unless the one who is asked about founded it all: then nobody else can have let anybody in.
// Whoever did not found it answers for nobody but those to whom a chain leads from there.
constexpr Sql kStandingOn{
    "member.standing_on",
    "WITH RECURSIVE kept (user_id) AS (SELECT m.user_id FROM member m WHERE m.org_id = ? AND m.user_id <> ? "
    "AND (m.granted_by IS NULL OR (m.granted_by <> ? AND NOT EXISTS (SELECT 1 FROM member g "
    "WHERE g.org_id = ? AND g.user_id = m.granted_by) AND NOT " TENANTD_FOUNDED
    ")) "
    "UNION SELECT m.user_id FROM member m JOIN kept k ON m.granted_by = k.user_id "
    "WHERE m.org_id = ? AND m.user_id <> ?), "
    "let_in (user_id) AS (SELECT m.user_id FROM member m WHERE m.org_id = ? AND m.user_id <> ? "
    "AND (m.granted_by = ? OR " TENANTD_FOUNDED
    ") "
    "UNION SELECT m.user_id FROM member m JOIN let_in l ON m.granted_by = l.user_id WHERE m.org_id = ?) "
    "SELECT m.user_id FROM let_in l JOIN member m ON m.user_id = l.user_id "
    "LEFT JOIN kept k ON k.user_id = m.user_id "
    "WHERE m.org_id = ? AND m.status = 0 AND m.user_id <> ? AND k.user_id IS NULL"};
#undef TENANTD_FOUNDED
constexpr Sql kOwners{"member.count_owners",
                      "SELECT COUNT(*) FROM member m JOIN role r ON r.org_id = m.org_id AND r.id = m.role_id "
                      "WHERE m.org_id = ? AND r.org_id = ? AND r.name = 'owner' AND m.status = 0 "
                      "AND m.role_expires_at IS NULL"};
constexpr Sql kShutOut{"member.shut_out_sessions", "CALL end_sessions_at(?, ?, TRUE, TRUE)"};
constexpr Sql kFirstOwner{
    "member.first_owner",
    "SELECT m.user_id FROM member m JOIN role r ON r.org_id = m.org_id AND r.id = m.role_id "
    "JOIN user u ON u.id = m.user_id WHERE m.org_id = ? AND r.org_id = ? AND r.name = 'owner' "
    "AND r.permissions IS NULL AND m.status = 0 AND u.status = 0 AND m.role_expires_at IS NULL "
    "ORDER BY m.created_at, m.user_id LIMIT 1"};
#define TENANTD_MEMBERS_FROM(view)                                                                    \
  "SELECT user_id, email, profile, role_id, role_name, permissions, status, created_at, updated_at, " \
  "role_expires_at, email_verified_at, mfa_enabled_at, user_created_at, user_updated_at FROM " view " "
// The first page has no cursor: without its condition the index is read in order and no further than the
// limit.
#define TENANTD_MEMBERS_BEHIND "created_at >= ? AND (created_at > ? OR user_id > ?) "
#define TENANTD_MEMBERS_ORDER "ORDER BY created_at, user_id LIMIT ?"
constexpr Sql kFirstPage{"member.first_page",
                         TENANTD_MEMBERS_FROM("member_detail") "WHERE org_id = ? " TENANTD_MEMBERS_ORDER};
constexpr Sql kNextPage{
    "member.next_page",
    TENANTD_MEMBERS_FROM(
        "member_detail") "WHERE org_id = ? AND " TENANTD_MEMBERS_BEHIND TENANTD_MEMBERS_ORDER};
// Each from an index that has them in order: of one role, of one status.
constexpr Sql kOfRole{
    "member.of_role",
    TENANTD_MEMBERS_FROM("member_of_role") "WHERE org_id = ? AND role_id = ? AND " TENANTD_MEMBERS_BEHIND
                                           "AND (? IS NULL OR status = ?) " TENANTD_MEMBERS_ORDER};
constexpr Sql kOfStatus{
    "member.of_status",
    TENANTD_MEMBERS_FROM("member_of_status") "WHERE org_id = ? AND status = ? AND " TENANTD_MEMBERS_BEHIND
                                             "AND (? IS NULL OR role_id = ?) " TENANTD_MEMBERS_ORDER};
// What is looked for is taken literally: no pattern, no folding but of case. A parameter that is NULL is
// folded away before a plan is made.
#define TENANTD_MEMBER_NAMED                                      \
  "AND (? IS NULL OR status = ?) AND (? IS NULL OR role_id = ?) " \
  "AND INSTR(words, CAST(LOWER(?) AS BINARY)) > 0 "
constexpr Sql kSearched{
    "member.searched",
    TENANTD_MEMBERS_FROM("member_search") "WHERE org_id = ? AND " TENANTD_MEMBERS_BEHIND TENANTD_MEMBER_NAMED
        TENANTD_MEMBERS_ORDER};
constexpr Sql kCountSearched{"member.count_searched",
                             "SELECT COUNT(*) FROM member_words WHERE org_id = ? " TENANTD_MEMBER_NAMED};
#undef TENANTD_MEMBER_NAMED
#undef TENANTD_MEMBERS_ORDER
#undef TENANTD_MEMBERS_BEHIND
#undef TENANTD_MEMBERS_FROM
constexpr Sql kRoleNamed{"member.role_named",
                         "SELECT id FROM role WHERE org_id = ? AND name = ? AND CAST(name AS BINARY) = ?"};
constexpr Sql kCount{"member.count",
                     "SELECT COALESCE(SUM(members), 0) FROM member_count WHERE org_id = ? AND block = -1 "
                     "AND status = COALESCE(?, status) "
                     "AND CAST(role_name AS BINARY) = COALESCE(?, CAST(role_name AS BINARY))"};

constexpr Sql kByDay{"member.count_by_day",
                     "SELECT created_at DIV 86400, COUNT(*) FROM member "
                     "WHERE org_id = ? AND created_at BETWEEN ? AND ? GROUP BY 1 ORDER BY 1"};
constexpr Sql kByRole{"member.count_by_role",
                      "SELECT role_name, status, members FROM member_count WHERE org_id = ? AND block = -1 "
                      "AND members > 0 ORDER BY role_name, status"};

Member read_member(const db::Rows& rows) {
  Member m;
  m.user = rows.id<UserId>(0);
  m.email = rows.text(1);
  m.profile = rows.text(2);
  m.role = read_role(rows, 3);
  m.role.expires_at = maybe_time(rows, 9);
  m.status = static_cast<Status>(rows.integer(6));
  m.created_at = rows.time(7);
  m.updated_at = rows.time(8);
  m.email_verified_at = maybe_time(rows, 10);
  m.mfa_enabled = !rows.is_null(11);
  m.user_created_at = rows.time(12);
  m.user_updated_at = rows.time(13);
  return m;
}

// The role that is spelled like this. Returns false if a role is asked for that is not there.
bool find_filtered_role(db::Txn& txn, const TenantScope& scope, const MemberFilter& filter,
                        std::optional<RoleId>& role) {
  if (!filter.role) return true;
  auto rows = txn.query(kRoleNamed, scope.org(), *filter.role, *filter.role);
  if (!rows.next()) return false;
  role = rows.id<RoleId>(0);
  return true;
}

}  // namespace

void insert_member(db::Txn& txn, const TenantScope& scope, const ProvenAccount& account, const Grant& grant,
                   TimePoint now) {
  const auto user = account.user();
  // Who erases or deactivates it holds its row until that has been committed.
  if (txn.execute(kInsert, scope.org(), grant.role, grant.expires_at, grant.by, now, now, user) == 0)
    throw db::RetryableError{"the account has been erased or deactivated meanwhile"};
  txn.touch(user);
}

std::optional<Member> find_member(db::Txn& txn, const TenantScope& scope, UserId user) {
  auto rows = txn.query(kFind, scope.org(), user);
  if (!rows.next()) return std::nullopt;
  return read_member(rows);
}

std::optional<Member> find_caller(db::Txn& txn, const TenantScope& scope, const Principal& caller) {
  auto rows = txn.query(kFindCaller, caller.session, scope.org(), caller.api_key, scope.org(), scope.user());
  if (!rows.next()) return std::nullopt;
  // A client that calls for itself has neither: what it showed is its own secret.
  if (!rows.flag(14) && !(caller.client && caller.api_key))
    throw ApiError(ErrorCode::invalid_token, "The session has ended");
  return read_member(rows);
}

std::set<UserId> members_among(db::Txn& txn, const TenantScope& scope, const std::vector<UserId>& users) {
  auto rows = txn.query(kAmong, id_list(users), scope.org());
  std::set<UserId> found;
  while (rows.next()) found.insert(rows.id<UserId>(0));
  return found;
}

bool delete_member(db::Txn& txn, const TenantScope& scope, UserId user, TimePoint now) {
  txn.touch(user);
  if (txn.execute(kDelete, scope.org(), user) != 1) return false;
  txn.execute(kLeave, user, now);
  return true;
}

bool set_member_role(db::Txn& txn, const TenantScope& scope, UserId user, RoleId role,
                     const std::optional<TimePoint>& expires_at, TimePoint now) {
  txn.touch(user);
  return txn.execute(kSetRole, role, expires_at, scope.user(), now, scope.org(), user) == 1;
}

bool set_member_status(db::Txn& txn, const TenantScope& scope, UserId user, Status status, TimePoint now) {
  txn.touch(user);
  return txn.execute(kSetStatus, status, status, scope.user(), now, scope.org(), user) == 1;
}

void deactivate_members(db::Txn& txn, const TenantScope&, const std::vector<UserId>& users, TimePoint now) {
  for (const auto& user : users) txn.touch(user);
  txn.execute(kDeactivate, id_list(users), now);
}

std::vector<UserId> list_standing_on(db::Txn& txn, const TenantScope& scope, UserId user) {
  const auto& org = scope.org();
  auto rows = txn.query(kStandingOn, org, user, user, org, org, user, org, user, org, user, user, org, user,
                        org, org, user);
  std::vector<UserId> found;
  while (rows.next()) found.push_back(rows.id<UserId>(0));
  return found;
}

void shut_out_sessions(db::Txn& txn, const TenantScope& scope, UserId user, TimePoint) {
  txn.touch(user);
  txn.execute(kShutOut, user, scope.org());
  txn.execute(kForgetLinks, user);
}

std::optional<UserId> find_first_owner(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kFirstOwner, scope.org(), scope.org());
  if (!rows.next()) return std::nullopt;
  return rows.id<UserId>(0);
}

std::int64_t count_owners(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kOwners, scope.org(), scope.org());
  rows.next();
  return rows.integer(0);
}

std::vector<Member> list_members(db::Txn& txn, const TenantScope& scope, const MemberFilter& filter,
                                 const std::optional<Keyset>& from, std::int64_t limit) {
  std::optional<RoleId> role;
  if (!find_filtered_role(txn, scope, filter, role)) return {};
  const Keyset start = from.value_or(Keyset{from_unix(-1), {}});
  const UserId after{start.id};
  auto rows = [&] {
    if (filter.q)
      return txn.query(kSearched, scope.org(), start.time, start.time, after, filter.status, filter.status,
                       role, role, *filter.q, limit);
    // Few are inactive: the index of these is the shorter one.
    if (filter.status && (!role || *filter.status == Status::inactive))
      return txn.query(kOfStatus, scope.org(), *filter.status, start.time, start.time, after, role, role,
                       limit);
    if (role)
      return txn.query(kOfRole, scope.org(), *role, start.time, start.time, after, filter.status,
                       filter.status, limit);
    if (from) return txn.query(kNextPage, scope.org(), start.time, start.time, after, limit);
    return txn.query(kFirstPage, scope.org(), limit);
  }();
  std::vector<Member> found;
  found.reserve(rows.count());
  while (rows.next()) found.push_back(read_member(rows));
  return found;
}

std::int64_t count_members(db::Txn& txn, const TenantScope& scope, const MemberFilter& filter) {
  std::optional<RoleId> role;
  if (filter.q && !find_filtered_role(txn, scope, filter, role)) return 0;
  auto rows =
      filter.q ? txn.query(kCountSearched, scope.org(), filter.status, filter.status, role, role, *filter.q)
               : txn.query(kCount, scope.org(), filter.status, filter.role);
  rows.next();
  return rows.integer(0);
}

std::vector<DayCount> count_members_by_day(db::Txn& txn, const TenantScope& scope, TimePoint from,
                                           TimePoint to) {
  auto rows = txn.query(kByDay, scope.org(), from, to);
  std::vector<DayCount> days;
  while (rows.next()) days.push_back({rows.integer(0), rows.integer(1)});
  return days;
}

std::vector<RoleStatusCount> count_members_by_role(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kByRole, scope.org());
  std::vector<RoleStatusCount> counts;
  while (rows.next()) counts.push_back({rows.text(0), static_cast<Status>(rows.integer(1)), rows.integer(2)});
  return counts;
}

}  // namespace tenantd::store
