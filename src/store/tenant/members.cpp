#include "tenantd/store/tenant/members.hpp"

#include "tenantd/store/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kInsert{
    "member.insert",
    "INSERT INTO member (org_id, user_id, role_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?)"};
constexpr Sql kFind{
    "member.find",
    "SELECT m.user_id, u.email, u.profile, m.role_id, r.name, r.permissions, m.status, m.created_at, "
    "m.updated_at, m.role_expires_at FROM member m JOIN user u ON u.id = m.user_id "
    "JOIN role r ON r.org_id = m.org_id AND r.id = m.role_id WHERE m.org_id = ? AND m.user_id = ?"};
constexpr Sql kDelete{"member.delete", "DELETE FROM member WHERE org_id = ? AND user_id = ?"};
constexpr Sql kSetRole{"member.set_role",
                       "UPDATE member SET role_id = ?, updated_at = ? WHERE org_id = ? AND user_id = ?"};
constexpr Sql kOwners{"member.count_owners",
                      "SELECT COUNT(*) FROM member m JOIN role r ON r.org_id = m.org_id AND r.id = m.role_id "
                      "WHERE m.org_id = ? AND r.org_id = ? AND r.name = 'owner' AND m.status = 0"};
#define TENANTD_MEMBER_COLUMNS                                                                 \
  "user_id, email, profile, role_id, role_name, permissions, status, created_at, updated_at, " \
  "role_expires_at FROM "                                                                      \
  "member_detail "
// The first page has no cursor: without its condition the index is read in order and no further than the
// limit.
constexpr Sql kFirstPage{"member.first_page", "SELECT " TENANTD_MEMBER_COLUMNS
                                              "WHERE org_id = ? ORDER BY created_at, user_id LIMIT ?"};
constexpr Sql kNextPage{"member.next_page",
                        "SELECT " TENANTD_MEMBER_COLUMNS
                        "WHERE org_id = ? AND created_at >= ? AND (created_at > ? OR user_id > ?) "
                        "ORDER BY created_at, user_id LIMIT ?"};
constexpr Sql kFiltered{"member.filtered",
                        "SELECT " TENANTD_MEMBER_COLUMNS
                        "WHERE org_id = ? AND created_at >= ? AND (created_at > ? OR user_id > ?) "
                        "AND status = COALESCE(?, status) "
                        "AND CAST(role_name AS BINARY) = COALESCE(?, CAST(role_name AS BINARY)) "
                        "ORDER BY created_at, user_id LIMIT ?"};
#undef TENANTD_MEMBER_COLUMNS
constexpr Sql kCount{"member.count",
                     "SELECT COALESCE(SUM(members), 0) FROM member_count WHERE org_id = ? AND block = -1 "
                     "AND status = COALESCE(?, status) "
                     "AND CAST(role_name AS BINARY) = COALESCE(?, CAST(role_name AS BINARY))"};

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
  return m;
}

}  // namespace

void insert_member(db::Txn& txn, const TenantScope& scope, UserId user, RoleId role, TimePoint now) {
  txn.execute(kInsert, scope.org(), user, role, now, now);
  txn.touch(user);
}

std::optional<Member> find_member(db::Txn& txn, const TenantScope& scope, UserId user) {
  auto rows = txn.query(kFind, scope.org(), user);
  if (!rows.next()) return std::nullopt;
  return read_member(rows);
}

bool delete_member(db::Txn& txn, const TenantScope& scope, UserId user) {
  txn.touch(user);
  return txn.execute(kDelete, scope.org(), user) == 1;
}

bool set_member_role(db::Txn& txn, const TenantScope& scope, UserId user, RoleId role, TimePoint now) {
  txn.touch(user);
  return txn.execute(kSetRole, role, now, scope.org(), user) == 1;
}

std::int64_t count_owners(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kOwners, scope.org(), scope.org());
  rows.next();
  return rows.integer(0);
}

std::vector<Member> list_members(db::Txn& txn, const TenantScope& scope, const MemberFilter& filter,
                                 const std::optional<Keyset>& from, std::int64_t limit) {
  auto rows = [&] {
    const bool filtered = filter.status || filter.role;
    if (!from && !filtered) return txn.query(kFirstPage, scope.org(), limit);
    const Keyset start = from.value_or(Keyset{from_unix(-1), {}});
    const UserId after{start.id};
    if (!filtered) return txn.query(kNextPage, scope.org(), start.time, start.time, after, limit);
    return txn.query(kFiltered, scope.org(), start.time, start.time, after, filter.status, filter.role,
                     limit);
  }();
  std::vector<Member> found;
  found.reserve(rows.count());
  while (rows.next()) found.push_back(read_member(rows));
  return found;
}

std::int64_t count_members(db::Txn& txn, const TenantScope& scope, const MemberFilter& filter) {
  auto rows = txn.query(kCount, scope.org(), filter.status, filter.role);
  rows.next();
  return rows.integer(0);
}

}  // namespace tenantd::store
