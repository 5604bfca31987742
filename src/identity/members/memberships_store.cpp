#include "tenantd/effects/rows.hpp"
#include "tenantd/identity/live_sessions.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

#define TENANTD_MEMBERSHIP                                                                         \
  "SELECT org_id, name, slug, org_status, personal, require_mfa, created_at, updated_at, "         \
  "role_id, role_name, permissions, status, member_since, role_expires_at, session_idle_seconds, " \
  "session_max_seconds, sso, require_passkey, mail_code FROM my_membership WHERE user_id = ? AND "
// A session counts there, or one that is about to begin without a provider will.
#define TENANTD_LETS_IN                                                                               \
  "AND (? IS NULL OR shut_out < (SELECT born FROM session WHERE id = ?)) AND (sso = 0 OR "            \
  "IF(? IS NULL, sso = 2, EXISTS (SELECT 1 FROM sso_session s WHERE s.session_id = ? AND s.org_id = " \
  "my_membership.org_id)))"
constexpr Sql kMemberships{
    "membership.list", TENANTD_MEMBERSHIP
    "member_since >= ? AND (member_since > ? OR org_id > ?) ORDER BY member_since, org_id LIMIT ?"};
constexpr Sql kCountMemberships{"membership.count", "SELECT COUNT(*) FROM my_membership WHERE user_id = ?"};
constexpr Sql kFirst{"membership.first", TENANTD_MEMBERSHIP "status = 0 AND org_status = 0 " TENANTD_LETS_IN
                                                            " ORDER BY member_since, org_id LIMIT 1"};
constexpr Sql kOne{"membership.find", TENANTD_MEMBERSHIP "org_id = ?"};
constexpr Sql kOneOfSession{"membership.find_of_session", TENANTD_MEMBERSHIP "org_id = ? " TENANTD_LETS_IN};
#undef TENANTD_LETS_IN
#undef TENANTD_MEMBERSHIP
constexpr Sql kDetail{
    "membership.detail",
    "SELECT settings, mail_sender_name, self_approval, session_idle_seconds, session_max_seconds, "
    "max_members, max_projects, max_storage_bytes, max_requests, COALESCE(active_members, 0), "
    "invite_seconds, login_alert, "
    "COALESCE(projects, 0), COALESCE(storage_bytes, 0), require_passkey, mail_code "
    "FROM my_membership WHERE user_id = ? AND org_id = ?"};

Membership read_membership(const db::Rows& rows) {
  Membership membership{read_organization(rows, 0), read_role(rows, 8), static_cast<Status>(rows.integer(11)),
                        rows.time(12), read_session_bounds(rows, 14)};
  membership.role.expires_at = maybe_time(rows, 13);
  membership.sso_required = rows.integer(16) == 1;
  membership.asks = {membership.organization.require_mfa, rows.flag(17), rows.flag(18)};
  return membership;
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

std::optional<Membership> first_row(db::Rows rows) {
  if (!rows.next()) return std::nullopt;
  return read_membership(rows);
}

std::optional<Membership> first_of(db::Txn& txn, UserId user, std::optional<SessionId> session) {
  const AsUser as{txn, user};
  return first_row(txn.query(kFirst, user, session, session, session, session));
}

}  // namespace

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
  auto rows = txn.query(kCountMemberships, user);
  rows.next();
  return rows.integer(0);
}

std::optional<Membership> first_membership(db::Txn& txn, UserId user) {
  return first_of(txn, user, std::nullopt);
}
std::optional<Membership> first_membership(db::Txn& txn, UserId user, SessionId session) {
  return first_of(txn, user, session);
}
std::optional<Membership> find_membership(db::Txn& txn, UserId user, OrgId org) {
  const AsUser as{txn, user};
  return first_row(txn.query(kOne, user, org));
}
std::optional<Membership> find_membership(db::Txn& txn, UserId user, OrgId org, SessionId session) {
  const AsUser as{txn, user};
  return first_row(txn.query(kOneOfSession, user, org, session, session, session, session));
}

std::optional<OrganizationDetail> find_organization_detail(db::Txn& txn, UserId user, OrgId org) {
  const AsUser as{txn, user};
  auto rows = txn.query(kDetail, user, org);
  if (!rows.next()) return std::nullopt;
  return OrganizationDetail{
      rows.text(0),
      {rows.maybe_text(1), rows.flag(2), rows.maybe_integer(3), rows.maybe_integer(4), rows.maybe_integer(10),
       maybe_login_alert(rows, 11), rows.flag(14), rows.flag(15)},
      {rows.maybe_integer(5), rows.maybe_integer(6), rows.maybe_integer(7), rows.maybe_integer(8)},
      {rows.integer(9), rows.integer(12), rows.integer(13)}};
}

}  // namespace tenantd::store
