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
    "m.updated_at FROM member m JOIN user u ON u.id = m.user_id "
    "JOIN role r ON r.org_id = m.org_id AND r.id = m.role_id WHERE m.org_id = ? AND m.user_id = ?"};
constexpr Sql kDelete{"member.delete", "DELETE FROM member WHERE org_id = ? AND user_id = ?"};
constexpr Sql kSetRole{"member.set_role",
                       "UPDATE member SET role_id = ?, updated_at = ? WHERE org_id = ? AND user_id = ?"};
constexpr Sql kOwners{"member.count_owners",
                      "SELECT COUNT(*) FROM member m JOIN role r ON r.org_id = m.org_id AND r.id = m.role_id "
                      "WHERE m.org_id = ? AND r.org_id = ? AND r.name = 'owner' AND m.status = 0"};
constexpr Sql kList{
    "member.list",
    "SELECT m.user_id, u.email, u.profile, m.role_id, r.name, r.permissions, m.status, m.created_at, "
    "m.updated_at FROM member m JOIN user u ON u.id = m.user_id "
    "JOIN role r ON r.org_id = m.org_id AND r.id = m.role_id "
    "WHERE m.org_id = ? AND m.created_at >= ? AND (m.created_at > ? OR m.user_id > ?) "
    "ORDER BY m.created_at, m.user_id LIMIT ?"};
constexpr Sql kListFiltered{
    "member.list_filtered",
    "SELECT m.user_id, u.email, u.profile, m.role_id, r.name, r.permissions, m.status, "
    "m.created_at, m.updated_at FROM member m JOIN user u ON u.id = m.user_id "
    "JOIN role r ON r.org_id = m.org_id AND r.id = m.role_id "
    "WHERE m.org_id = ? AND m.created_at >= ? AND (m.created_at > ? OR m.user_id > ?) "
    "AND m.status = COALESCE(?, m.status) AND CAST(r.name AS BINARY) = COALESCE(?, CAST(r.name AS BINARY)) "
    "ORDER BY m.created_at, m.user_id LIMIT ?"};
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
  const Keyset start = from.value_or(Keyset{from_unix(-1), {}});
  const bool filtered = filter.status || filter.role;
  auto rows = filtered ? txn.query(kListFiltered, scope.org(), start.time, start.time, UserId{start.id},
                                   filter.status, filter.role, limit)
                       : txn.query(kList, scope.org(), start.time, start.time, UserId{start.id}, limit);
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
