#include "tenantd/identity/invitations_store.hpp"

#include "tenantd/effects/outbox_store.hpp"
#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kOrganization{"invite.organization", "SELECT invite_org(?)"};
constexpr Sql kInsert{"invite.insert", "CALL add_mailed_invite(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kFind{
    "invite.find",
    "SELECT id, email, user_id, role_id, invited_by, status, created_at, expires_at, by_user FROM invite "
    "WHERE org_id = ? AND token = ?"};
constexpr Sql kLock{
    "invite.lock",
    "SELECT id, email, user_id, role_id, invited_by, status, created_at, expires_at, by_user FROM invite "
    "WHERE org_id = ? AND token = ? FOR UPDATE"};
constexpr Sql kLockById{
    "invite.lock_by_id",
    "SELECT id, email, user_id, role_id, invited_by, status, created_at, expires_at, by_user FROM invite "
    "WHERE org_id = ? AND id = ? FOR UPDATE"};
#define TENANTD_INVITE_DETAIL                                                                 \
  "SELECT id, email, user_id, role_id, invited_by, status, created_at, expires_at, by_user, " \
  "role_name, mail_status, mail_attempts, mail_sent_at, mail_bounced_at, mail_suppressed "    \
  "FROM invite_detail WHERE org_id = ? AND "
#define TENANTD_INVITE_STATUS "IF(status = 0 AND expires_at <= ?, 4, status) = ?"
constexpr Sql kList{"invite.list", TENANTD_INVITE_DETAIL "id > ? ORDER BY id LIMIT ?"};
constexpr Sql kListStatus{"invite.list_status",
                          TENANTD_INVITE_DETAIL "id > ? AND " TENANTD_INVITE_STATUS " ORDER BY id LIMIT ?"};
constexpr Sql kDetail{"invite.detail", TENANTD_INVITE_DETAIL "id = ?"};
constexpr Sql kCount{"invite.count", "SELECT COUNT(*) FROM invite WHERE org_id = ?"};
constexpr Sql kCountStatus{"invite.count_status",
                           "SELECT COUNT(*) FROM invite WHERE org_id = ? AND " TENANTD_INVITE_STATUS};
#undef TENANTD_INVITE_DETAIL
#undef TENANTD_INVITE_STATUS
constexpr Sql kRenew{"invite.renew",
                     "UPDATE invite SET token = ?, mail_id = ?, invited_by = ?, status = 0, expires_at = ?, "
                     "asked_at = NULL, updated_at = ? WHERE org_id = ? AND id = ?"};
constexpr Sql kAnswer{
    "invite.answer",
    "UPDATE invite SET status = ?, updated_at = ? WHERE org_id = ? AND id = ? AND status = 0"};
constexpr Sql kLetterhead{
    "invite.letterhead",
    "SELECT o.name, u.email, o.invite_seconds FROM organization o JOIN user u ON u.id = ? WHERE o.id = ?"};
constexpr Sql kGrounds{"invite.grounds", "CALL find_invite_grounds(?, ?, ?, ?, ?)"};
constexpr Sql kSetStatus{"invite.set_status",
                         "UPDATE invite SET status = ?, updated_at = ? WHERE org_id = ? AND id = ?"};
constexpr Sql kFindExpired{
    "invite.find_expired",
    "SELECT id, status FROM invite WHERE org_id = ? AND email = ? AND status IN (0, 4) AND expires_at <= ?"};
constexpr Sql kDeleteExpired{
    "invite.delete_expired",
    "DELETE FROM invite WHERE org_id = ? AND id = ? AND status IN (0, 4) AND expires_at <= ?"};
constexpr Sql kDeleteOpen{
    "invite.delete_open",
    "DELETE FROM invite WHERE org_id = ? AND status IN (0, 4) AND (user_id = ? OR email = ?)"};
constexpr Sql kAskAgain{"invite.ask_again",
                        "UPDATE invite SET asked_at = ? WHERE org_id = ? AND token = ? AND status IN (0, 4) "
                        "AND expires_at <= ? AND COALESCE(asked_at, 0) <= ?"};

constexpr Sql kRevokeBy{"invite.revoke_by",
                        "UPDATE invite SET status = ?, updated_at = ? WHERE org_id = ? AND status = 0 AND "
                        "invited_by " TENANTD_IN_IDS};
constexpr Sql kRevokeByHolders{
    "invite.revoke_by_holders",
    "UPDATE invite SET status = ?, updated_at = ? WHERE org_id = ? AND status = 0 AND invited_by IN "
    "(SELECT user_id FROM member WHERE org_id = ? AND role_id = ?)"};

Invite current_invite(const db::Rows& rows) {
  return {rows.id<InviteId>(0), rows.text(1),       rows.maybe_id<UserId>(2),
          rows.id<RoleId>(3),   rows.id<UserId>(4), static_cast<InviteStatus>(rows.integer(5)),
          rows.time(6),         rows.time(7),       rows.flag(8)};
}

std::optional<Invite> read_invite(db::Rows rows) {
  if (!rows.next()) return std::nullopt;
  return current_invite(rows);
}

// The outbox's row may be gone: it is swept some time after the delivery.
InviteDelivery read_delivery(const db::Rows& rows, unsigned at) {
  const auto status = rows.maybe_integer(at);
  if (!status) return {};
  const bool bounced = !rows.is_null(at + 3);
  const auto state = [&] {
    switch (static_cast<OutboxStatus>(*status)) {
      case OutboxStatus::pending: return InviteDelivery::State::queued;
      case OutboxStatus::sent: return bounced ? InviteDelivery::State::bounced : InviteDelivery::State::sent;
      case OutboxStatus::dead:
        if (bounced) return InviteDelivery::State::bounced;
        return rows.maybe_integer(at + 4) == 1 ? InviteDelivery::State::suppressed
                                               : InviteDelivery::State::failed;
    }
    return InviteDelivery::State::unknown;
  }();
  return {state, rows.integer(at + 1), maybe_time(rows, at + 2)};
}

InviteDetail read_detail(const db::Rows& rows) {
  return {current_invite(rows), rows.text(9), read_delivery(rows, 10)};
}

Letterhead letterhead_of(const db::Rows& rows) {
  const auto seconds = rows.maybe_integer(2);
  return {rows.text(0), rows.text(1), seconds ? std::optional{Seconds{*seconds}} : std::nullopt};
}

ExpiredInvite expired_invite(const db::Rows& rows, unsigned at) {
  return {rows.id<InviteId>(at), static_cast<InviteStatus>(rows.integer(at + 1)) == InviteStatus::expired};
}

InviteGrounds read_grounds(db::Rows& rows) {
  InviteGrounds grounds;
  if (!rows.next()) return grounds;
  grounds.from = letterhead_of(rows);
  if (!rows.is_null(3)) grounds.role = read_role(rows, 3);
  grounds.account = rows.maybe_id<UserId>(6);
  if (grounds.account) {
    grounds.email = rows.text(7);
    grounds.status = static_cast<Status>(rows.integer(8));
  }
  grounds.is_member = !rows.is_null(9);
  if (!rows.is_null(10)) grounds.expired = expired_invite(rows, 10);
  return grounds;
}

std::int64_t first_number(db::Rows rows) {
  rows.next();
  return rows.integer(0);
}

}  // namespace

std::optional<OrgId> find_invite_organization(db::Txn& txn, const std::string& token_hash) {
  auto rows = txn.query(kOrganization, token_hash);
  if (!rows.next()) return std::nullopt;
  return rows.maybe_id<OrgId>(0);
}

void insert_invite(db::Txn& txn, const TenantScope& scope, const Invite& invite,
                   const std::string& token_hash, const SealedMail& mail, std::int64_t most) {
  enter(txn, scope);
  txn.execute(kInsert, invite.id, token_hash, invite.email, invite.user, invite.role, invite.invited_by,
              invite.created_at, invite.expires_at, invite.by_user, mail.id, most,
              mail::template_name(mail.kind), mail.values, mail::rank_of(mail.kind));
}

std::optional<Invite> find_invite(db::Txn& txn, const TenantScope& scope, const std::string& token_hash) {
  return read_invite(txn.query(kFind, scope.org(), token_hash));
}

std::optional<Invite> lock_invite(db::Txn& txn, const TenantScope& scope, const std::string& token_hash) {
  return read_invite(txn.lock(kLock, scope.org(), token_hash));
}

std::optional<Invite> lock_invite(db::Txn& txn, const TenantScope& scope, InviteId id) {
  return read_invite(txn.lock(kLockById, scope.org(), id));
}

void renew_invite(db::Txn& txn, const TenantScope& scope, const Invite& invite, const std::string& token_hash,
                  MailId mail, TimePoint now) {
  txn.execute(kRenew, token_hash, mail, invite.invited_by, invite.expires_at, now, scope.org(), invite.id);
}

bool answer_invite(db::Txn& txn, const TenantScope& scope, InviteId id, InviteStatus status, TimePoint now) {
  return txn.execute(kAnswer, status, now, scope.org(), id) == 1;
}

void set_invite_status(db::Txn& txn, const TenantScope& scope, InviteId id, InviteStatus status,
                       TimePoint now) {
  txn.execute(kSetStatus, status, now, scope.org(), id);
}

std::vector<InviteDetail> list_invites(db::Txn& txn, const TenantScope& scope,
                                       std::optional<InviteStatus> status,
                                       const std::optional<InviteId>& from, std::int64_t limit,
                                       TimePoint now) {
  const InviteId after = from.value_or(InviteId{});
  auto rows = status ? txn.query(kListStatus, scope.org(), after, now, *status, limit)
                     : txn.query(kList, scope.org(), after, limit);
  std::vector<InviteDetail> found;
  while (rows.next()) found.push_back(read_detail(rows));
  return found;
}

std::int64_t count_invites(db::Txn& txn, const TenantScope& scope, std::optional<InviteStatus> status,
                           TimePoint now) {
  return first_number(status ? txn.query(kCountStatus, scope.org(), now, *status)
                             : txn.query(kCount, scope.org()));
}

std::optional<InviteDetail> find_invite_detail(db::Txn& txn, const TenantScope& scope, InviteId id) {
  auto rows = txn.query(kDetail, scope.org(), id);
  if (!rows.next()) return std::nullopt;
  return read_detail(rows);
}

Letterhead read_letterhead(db::Txn& txn, const TenantScope& scope, UserId inviter) {
  auto rows = txn.query(kLetterhead, inviter, scope.org());
  if (!rows.next()) return {};
  return letterhead_of(rows);
}

InviteGrounds find_invite_grounds(db::Txn& txn, const TenantScope& scope, const std::optional<Email>& invited,
                                  const std::optional<UserId>& account, const std::string& role,
                                  TimePoint now) {
  const auto email = invited ? std::optional{invited->str()} : std::nullopt;
  return txn.call(kGrounds, read_grounds, scope.user(), role, email, account, now);
}

std::optional<ExpiredInvite> find_expired_invite(db::Txn& txn, const TenantScope& scope, const Email& email,
                                                 TimePoint now) {
  auto rows = txn.query(kFindExpired, scope.org(), email.str(), now);
  return rows.next() ? std::optional{expired_invite(rows, 0)} : std::nullopt;
}

bool delete_expired_invite(db::Txn& txn, const TenantScope& scope, InviteId id, TimePoint now) {
  return txn.execute(kDeleteExpired, scope.org(), id, now) == 1;
}

bool ask_again(db::Txn& txn, const TenantScope& scope, const std::string& token_hash, TimePoint since,
               TimePoint now) {
  return txn.execute(kAskAgain, now, scope.org(), token_hash, now, since) == 1;
}

void delete_open_invites(db::Txn& txn, const TenantScope& scope, UserId user, const std::string& email) {
  txn.execute(kDeleteOpen, scope.org(), user, email);
}

std::int64_t revoke_invites_by(db::Txn& txn, const TenantScope& scope, const std::vector<UserId>& inviters,
                               TimePoint now) {
  return txn.execute(kRevokeBy, InviteStatus::revoked, now, scope.org(), id_list(inviters));
}

std::int64_t revoke_invites_by_holders(db::Txn& txn, const TenantScope& scope, RoleId role, TimePoint now) {
  return txn.execute(kRevokeByHolders, InviteStatus::revoked, now, scope.org(), scope.org(), role);
}

}  // namespace tenantd::store
