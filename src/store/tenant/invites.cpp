#include "tenantd/store/tenant/invites.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kOrganization{"invite.organization", "SELECT invite_org(?)"};
constexpr Sql kInsert{
    "invite.insert",
    "INSERT INTO invite (org_id, id, token, email, user_id, role_id, invited_by, status, created_at, "
    "updated_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)"};
constexpr Sql kFind{
    "invite.find",
    "SELECT id, email, user_id, role_id, invited_by, status, created_at, expires_at FROM invite "
    "WHERE org_id = ? AND token = ?"};
constexpr Sql kLock{
    "invite.lock",
    "SELECT id, email, user_id, role_id, invited_by, status, created_at, expires_at FROM invite "
    "WHERE org_id = ? AND token = ? FOR UPDATE"};
constexpr Sql kSetStatus{"invite.set_status",
                         "UPDATE invite SET status = ?, updated_at = ? WHERE org_id = ? AND id = ?"};
constexpr Sql kFindExpired{
    "invite.find_expired",
    "SELECT id FROM invite WHERE org_id = ? AND email = ? AND status = 0 AND expires_at <= ?"};
constexpr Sql kDelete{"invite.delete", "DELETE FROM invite WHERE org_id = ? AND id = ?"};
constexpr Sql kDeletePending{
    "invite.delete_pending",
    "DELETE FROM invite WHERE org_id = ? AND status = 0 AND (user_id = ? OR email = ?)"};

constexpr Sql kRevokeBy{
    "invite.revoke_by",
    "UPDATE invite SET status = ?, updated_at = ? WHERE org_id = ? AND invited_by = ? AND status = 0"};
constexpr Sql kRevokeByHolders{
    "invite.revoke_by_holders",
    "UPDATE invite SET status = ?, updated_at = ? WHERE org_id = ? AND status = 0 AND invited_by IN "
    "(SELECT user_id FROM member WHERE org_id = ? AND role_id = ?)"};

std::optional<Invite> read_invite(db::Rows rows) {
  if (!rows.next()) return std::nullopt;
  return Invite{rows.id<InviteId>(0), rows.text(1),       rows.maybe_id<UserId>(2),
                rows.id<RoleId>(3),   rows.id<UserId>(4), static_cast<InviteStatus>(rows.integer(5)),
                rows.time(6),         rows.time(7)};
}

}  // namespace

std::optional<OrgId> find_invite_organization(db::Txn& txn, const std::string& token_hash) {
  auto rows = txn.query(kOrganization, token_hash);
  if (!rows.next()) return std::nullopt;
  return rows.maybe_id<OrgId>(0);
}

void insert_invite(db::Txn& txn, const TenantScope& scope, const Invite& invite,
                   const std::string& token_hash) {
  txn.execute(kInsert, scope.org(), invite.id, token_hash, invite.email, invite.user, invite.role,
              invite.invited_by, invite.created_at, invite.created_at, invite.expires_at);
}

std::optional<Invite> find_invite(db::Txn& txn, const TenantScope& scope, const std::string& token_hash) {
  return read_invite(txn.query(kFind, scope.org(), token_hash));
}

std::optional<Invite> lock_invite(db::Txn& txn, const TenantScope& scope, const std::string& token_hash) {
  return read_invite(txn.lock(kLock, scope.org(), token_hash));
}

void set_invite_status(db::Txn& txn, const TenantScope& scope, InviteId id, InviteStatus status,
                       TimePoint now) {
  txn.execute(kSetStatus, status, now, scope.org(), id);
}

std::optional<InviteId> delete_expired_invite(db::Txn& txn, const TenantScope& scope, const Email& email,
                                              TimePoint now) {
  auto rows = txn.query(kFindExpired, scope.org(), email.str(), now);
  if (!rows.next()) return std::nullopt;
  const auto id = rows.id<InviteId>(0);
  if (txn.execute(kDelete, scope.org(), id) != 1) return std::nullopt;
  return id;
}

void delete_pending_invites(db::Txn& txn, const TenantScope& scope, UserId user, const std::string& email) {
  txn.execute(kDeletePending, scope.org(), user, email);
}

std::int64_t revoke_invites_by(db::Txn& txn, const TenantScope& scope, UserId inviter, TimePoint now) {
  return txn.execute(kRevokeBy, InviteStatus::revoked, now, scope.org(), inviter);
}

std::int64_t revoke_invites_by_holders(db::Txn& txn, const TenantScope& scope, RoleId role, TimePoint now) {
  return txn.execute(kRevokeByHolders, InviteStatus::revoked, now, scope.org(), scope.org(), role);
}

}  // namespace tenantd::store
