#include "tenantd/identity/organizations_store.hpp"

#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/role_alias.hpp"
#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kInsert{
    "organization.insert",
    "INSERT INTO organization (id, name, slug, personal, max_members, max_projects, max_storage_bytes, "
    "max_requests, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kFind{"organization.find",
                    "SELECT id, name, slug, status, personal, require_mfa, created_at, updated_at FROM "
                    "organization WHERE id = ?"};
constexpr Sql kLock{"organization.lock", "SELECT org_id FROM organization_turn WHERE org_id = ? FOR UPDATE"};
constexpr Sql kLockNow{"organization.lock_now",
                       "SELECT org_id FROM organization_turn WHERE org_id = ? FOR UPDATE NOWAIT"};
constexpr Sql kFindForm{
    "organization.find_form",
    "SELECT name, slug, settings, require_mfa, mail_sender_name, self_approval, session_idle_seconds, "
    "session_max_seconds, invite_seconds, login_alert, require_passkey, mail_code FROM organization WHERE id "
    "= ?"};
constexpr Sql kMemberLimit{"organization.member_limit", "SELECT max_members FROM organization WHERE id = ?"};
constexpr Sql kUpdate{
    "organization.update",
    "UPDATE organization SET name = ?, slug = ?, settings = ?, require_mfa = ?, mail_sender_name = ?, "
    "self_approval = ?, session_idle_seconds = ?, session_max_seconds = ?, invite_seconds = ?, login_alert = "
    "?, require_passkey = ?, mail_code = ?, revision = "
    "revision + 1, "
    "updated_at = ? WHERE id = ?"};
constexpr Sql kDelete{"organization.delete", "CALL delete_organization(?)"};
constexpr Sql kInsertRoles{
    "role.insert_system",
    "INSERT INTO role (org_id, id, name, description, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?), "
    "(?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?)"};
constexpr Sql kRoleByName{"role.by_name",
                          "SELECT id, name, permissions FROM role WHERE org_id = ? AND name = ?"};
constexpr Sql kRoleById{"role.by_id", "SELECT id, name, permissions FROM role WHERE org_id = ? AND id = ?"};

std::optional<RoleRecord> first_role(db::Rows rows) {
  if (!rows.next()) return std::nullopt;
  return read_role(rows, 0);
}

}  // namespace

void enter(db::Txn& txn, const TenantScope& scope) { txn.enter({scope.org(), scope.user(), false}); }

OrganizationRecord insert_organization(db::Txn& txn, const TenantScope& scope, const std::string& name,
                                       const std::string& slug, bool personal, const TenantLimits& limits,
                                       TimePoint now) {
  txn.execute(kInsert, scope.org(), name, slug, personal, limits.members, limits.projects,
              limits.storage_bytes, limits.requests, now, now);
  return {scope.org(), name, slug, Status::active, personal, false, now, now};
}

std::optional<OrganizationRecord> find_organization(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kFind, scope.org());
  if (!rows.next()) return std::nullopt;
  return read_organization(rows, 0);
}

std::optional<OrganizationForm> find_organization_form(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kFindForm, scope.org());
  if (!rows.next()) return std::nullopt;
  return OrganizationForm{rows.text(0),
                          rows.text(1),
                          rows.text(2),
                          rows.flag(3),
                          {rows.maybe_text(4), rows.flag(5), rows.maybe_integer(6), rows.maybe_integer(7),
                           rows.maybe_integer(8), maybe_login_alert(rows, 9), rows.flag(10), rows.flag(11)}};
}

std::optional<std::int64_t> find_member_limit(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kMemberLimit, scope.org());
  return rows.next() ? rows.maybe_integer(0) : std::nullopt;
}

void update_organization(db::Txn& txn, const TenantScope& scope, const OrganizationForm& form,
                         TimePoint now) {
  txn.touch(scope.org());
  const auto& business = form.business;
  txn.execute(kUpdate, form.name, form.slug, form.settings, form.require_mfa, business.mail_sender_name,
              business.self_approval, business.session_idle_seconds, business.session_max_seconds,
              business.invite_seconds, business.login_alert, business.require_passkey, business.mail_code,
              now, scope.org());
}

void delete_organization(db::Txn& txn, const TenantScope& scope, const std::string& name) {
  txn.touch(scope.org());
  txn.execute(kDelete, name);
}

bool lock_organization(db::Txn& txn, const TenantScope& scope) { return txn.lock(kLock, scope.org()).next(); }

bool lock_organization_now(db::Txn& txn, const TenantScope& scope) {
  return txn.lock(kLockNow, scope.org()).next();
}

RoleRecord insert_system_roles(db::Txn& txn, const TenantScope& scope, TimePoint now) {
  const auto& roles = system_roles();
  std::array<RoleId, 5> ids;
  for (auto& id : ids) id = crypto::new_id<RoleId>();
  const auto row = [&](std::size_t i) {
    return std::tuple{scope.org(), ids[i], roles[i].name, roles[i].description, now, now};
  };
  std::apply([&](const auto&... values) { txn.execute(kInsertRoles, values...); },
             std::tuple_cat(row(0), row(1), row(2), row(3), row(4)));
  return {ids[0], std::string{roles[0].name}, roles[0].permissions, {}};
}

std::optional<RoleRecord> find_role(db::Txn& txn, const TenantScope& scope, const std::string& name) {
  auto role = first_role(txn.query(kRoleByName, scope.org(), name));
  if (role) return role;
  if (const auto meant = role_alias(name)) role = first_role(txn.query(kRoleByName, scope.org(), *meant));
  return role;
}

std::optional<RoleRecord> find_role(db::Txn& txn, const TenantScope& scope, RoleId id) {
  return first_role(txn.query(kRoleById, scope.org(), id));
}

}  // namespace tenantd::store
