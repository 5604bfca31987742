#include "identity/sso/oidc_providers_store.hpp"

namespace tenantd::store {
namespace {

#define TENANTD_OIDC_PROVIDERS                                                                         \
  "SELECT p.id, p.slug, p.name, p.issuer, p.client_id, p.client_auth, p.client_jwk, "                  \
  "p.client_secret_sealed, p.auto_provision, p.allowed_domains, p.default_role_id, r.name, p.scopes, " \
  "p.email_claim, p.name_claim, p.groups_claim, p.trust_addresses, p.groups_each_time, p.status, "     \
  "p.kept_by, p.revision, p.created_at, p.updated_at FROM oidc_provider p "                            \
  "JOIN role r ON r.org_id = p.org_id AND r.id = p.default_role_id WHERE p.org_id = ? "
constexpr db::Sql kListOidc{"oidc_provider.list", TENANTD_OIDC_PROVIDERS
                            "AND p.created_at >= ? AND (p.created_at > ? OR p.id > ?) "
                            "ORDER BY p.created_at, p.id LIMIT ?"};
constexpr db::Sql kFindOidc{"oidc_provider.find", TENANTD_OIDC_PROVIDERS "AND p.id = ?"};
constexpr db::Sql kFindOidcSlug{"oidc_provider.find_slug", TENANTD_OIDC_PROVIDERS "AND p.slug = ?"};
#undef TENANTD_OIDC_PROVIDERS
constexpr db::Sql kCountOidc{"oidc_provider.count", "SELECT COUNT(*) FROM oidc_provider WHERE org_id = ?"};
constexpr db::Sql kInsertOidc{
    "oidc_provider.insert",
    "INSERT INTO oidc_provider (org_id, id, kind, slug, name, issuer, client_id, client_auth, client_jwk, "
    "client_secret_sealed, auto_provision, allowed_domains, default_role_id, scopes, email_claim, "
    "name_claim, groups_claim, trust_addresses, groups_each_time, status, kept_by, created_at, updated_at) "
    "VALUES (?, ?, 'oidc', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr db::Sql kUpdateOidc{
    "oidc_provider.update",
    "UPDATE oidc_provider SET name = ?, client_id = ?, client_auth = ?, client_jwk = ?, "
    "client_secret_sealed = ?, auto_provision = ?, allowed_domains = ?, default_role_id = ?, scopes = ?, "
    "email_claim = ?, name_claim = ?, groups_claim = ?, trust_addresses = ?, groups_each_time = ?, "
    "status = ?, kept_by = ?, revision = revision + 1, updated_at = ? "
    "WHERE org_id = ? AND id = ? AND revision = ?"};
constexpr db::Sql kDeleteOidc{"oidc_provider.delete",
                              "DELETE FROM oidc_provider WHERE org_id = ? AND id = ?"};
constexpr db::Sql kSignInHome{"oidc_provider.home", "SELECT sign_in_home(?, ?)"};
constexpr db::Sql kActive{
    "oidc_provider.active",
    "SELECT id, kind, '', '' FROM identity_provider WHERE org_id = ? AND status = 0 UNION ALL "
    "SELECT id, kind, slug, name FROM oidc_provider WHERE org_id = ? AND status = 0 "
    "ORDER BY 3, 2, 1"};

constexpr db::Sql kGroups{"provider_group.list",
                          "SELECT g.name, g.role_id, r.name FROM provider_group g "
                          "JOIN role r ON r.org_id = g.org_id AND r.id = g.role_id "
                          "WHERE g.org_id = ? AND g.provider_id = ? ORDER BY g.position"};
constexpr db::Sql kInsertGroup{
    "provider_group.insert",
    "INSERT INTO provider_group (org_id, provider_id, position, name, role_id) VALUES (?, ?, ?, ?, ?)"};
constexpr db::Sql kDeleteGroups{"provider_group.delete",
                                "DELETE FROM provider_group WHERE org_id = ? AND provider_id = ?"};

constexpr std::string_view kByKey = "private_key_jwt";
constexpr std::string_view kBySecret = "client_secret";

// All but its groups.
IdentityProvider read_oidc(const db::Rows& rows) {
  IdentityProvider p;
  p.kind = ProviderKind::oidc;
  auto& terms = p.oidc.emplace();
  p.id = rows.id<ProviderId>(0);
  terms.slug = rows.text(1);
  terms.name = rows.text(2);
  terms.issuer = rows.text(3);
  p.client_id = rows.text(4);
  terms.has_key = rows.text(5) == kByKey;
  terms.client_jwk = rows.maybe_text(6).value_or("");
  p.secret_sealed = rows.text(7);
  p.auto_provision = rows.flag(8);
  p.domains = split_domains(rows.text(9));
  p.default_role = rows.id<RoleId>(10);
  p.default_role_name = rows.text(11);
  terms.scopes = rows.text(12);
  terms.email_claim = rows.text(13);
  terms.name_claim = rows.text(14);
  terms.groups_claim = rows.maybe_text(15);
  terms.trust_addresses = rows.flag(16);
  terms.groups_each_time = rows.flag(17);
  p.enabled = rows.integer(18) == 0;
  p.kept_by = rows.maybe_id<UserId>(19);
  p.revision = rows.integer(20);
  p.created_at = rows.time(21);
  p.updated_at = rows.time(22);
  return p;
}

void read_groups(db::Txn& txn, const TenantScope& scope, IdentityProvider& provider) {
  auto rows = txn.query(kGroups, scope.org(), provider.id);
  while (rows.next()) provider.oidc->groups.push_back({rows.text(0), rows.id<RoleId>(1), rows.text(2)});
}

template <class Key>
std::optional<IdentityProvider> find_by(db::Txn& txn, const TenantScope& scope, const db::Sql& sql,
                                        const Key& key) {
  std::optional<IdentityProvider> found;
  {
    auto rows = txn.query(sql, scope.org(), key);
    if (!rows.next()) return std::nullopt;
    found = read_oidc(rows);
  }
  read_groups(txn, scope, *found);
  return found;
}

void write_groups(db::Txn& txn, const TenantScope& scope, const IdentityProvider& provider) {
  std::int64_t position = 0;
  for (const auto& each : provider.oidc->groups)
    txn.execute(kInsertGroup, scope.org(), provider.id, position++, each.group, each.role);
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional{text};
}

}  // namespace

std::vector<IdentityProvider> list_oidc_providers(db::Txn& txn, const TenantScope& scope,
                                                  const std::optional<Keyset>& from, std::int64_t limit) {
  const Keyset start = from.value_or(Keyset{from_unix(-1), {}});
  std::vector<IdentityProvider> found;
  {
    auto rows = txn.query(kListOidc, scope.org(), start.time, start.time, ProviderId{start.id}, limit);
    while (rows.next()) found.push_back(read_oidc(rows));
  }
  // An organization has ten at most.
  for (auto& each : found) read_groups(txn, scope, each);
  return found;
}

std::int64_t count_oidc_providers(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kCountOidc, scope.org());
  rows.next();
  return rows.integer(0);
}

std::optional<IdentityProvider> find_oidc_provider(db::Txn& txn, const TenantScope& scope, ProviderId id) {
  return find_by(txn, scope, kFindOidc, id);
}

std::optional<IdentityProvider> find_oidc_provider(db::Txn& txn, const TenantScope& scope,
                                                   const std::string& slug) {
  return find_by(txn, scope, kFindOidcSlug, slug);
}

void insert_oidc_provider(db::Txn& txn, const TenantScope& scope, const IdentityProvider& p) {
  const auto& terms = p.oidc.value();
  txn.execute(kInsertOidc, scope.org(), p.id, terms.slug, terms.name, terms.issuer, p.client_id,
              terms.has_key ? kByKey : kBySecret, unless_empty(terms.client_jwk), p.secret_sealed,
              p.auto_provision, joined_domains(p.domains), p.default_role, terms.scopes, terms.email_claim,
              terms.name_claim, terms.groups_claim, terms.trust_addresses, terms.groups_each_time,
              p.enabled ? 0 : 1, p.kept_by, p.created_at, p.updated_at);
  write_groups(txn, scope, p);
}

bool update_oidc_provider(db::Txn& txn, const TenantScope& scope, const IdentityProvider& p, TimePoint now) {
  const auto& terms = p.oidc.value();
  if (txn.execute(kUpdateOidc, terms.name, p.client_id, terms.has_key ? kByKey : kBySecret,
                  unless_empty(terms.client_jwk), p.secret_sealed, p.auto_provision,
                  joined_domains(p.domains), p.default_role, terms.scopes, terms.email_claim,
                  terms.name_claim, terms.groups_claim, terms.trust_addresses, terms.groups_each_time,
                  p.enabled ? 0 : 1, p.kept_by, now, scope.org(), p.id, p.revision) != 1)
    return false;
  txn.execute(kDeleteGroups, scope.org(), p.id);
  write_groups(txn, scope, p);
  return true;
}

bool delete_oidc_provider(db::Txn& txn, const TenantScope& scope, ProviderId id) {
  txn.execute(kDeleteGroups, scope.org(), id);
  return txn.execute(kDeleteOidc, scope.org(), id) == 1;
}

std::optional<OrgId> find_sign_in_home(db::Txn& txn, const std::string& id_or_slug) {
  const auto id = OrgId::parse(id_or_slug);
  const auto slug = id ? std::nullopt : std::optional{id_or_slug};
  auto rows = txn.query(kSignInHome, id, slug);
  if (!rows.next()) return std::nullopt;
  return rows.maybe_id<OrgId>(0);
}

ActiveProvider active_provider(ProviderId id, const std::string& kind, const std::string& slug,
                               const std::string& name) {
  IdentityProvider one;
  one.id = id;
  one.kind = parse_provider(kind).value_or(ProviderKind::oidc);
  if (one.kind == ProviderKind::oidc) {
    one.oidc.emplace();
    one.oidc->slug = slug;
    one.oidc->name = name;
  }
  return {one.id, one.kind, one.way(), one.shown_name()};
}

std::vector<ActiveProvider> list_active_providers(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kActive, scope.org(), scope.org());
  std::vector<ActiveProvider> found;
  while (rows.next())
    found.push_back(active_provider(rows.id<ProviderId>(0), rows.text(1), rows.maybe_text(2).value_or(""),
                                    rows.maybe_text(3).value_or("")));
  return found;
}

}  // namespace tenantd::store
