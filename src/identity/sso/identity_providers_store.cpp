#include "identity/sso/identity_providers_store.hpp"

#include "tenantd/base/text.hpp"
#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

#define TENANTD_PROVIDERS                                                                           \
  "SELECT p.id, p.kind, p.client_id, p.client_secret_sealed, p.azure_tenant_id, p.auto_provision, " \
  "p.allowed_domains, p.default_role_id, r.name, p.revision, p.created_at, p.updated_at, "          \
  "p.status, p.kept_by FROM identity_provider p "                                                   \
  "JOIN role r ON r.org_id = p.org_id AND r.id = p.default_role_id WHERE p.org_id = ? "
constexpr Sql kList{"identity_provider.list", TENANTD_PROVIDERS
                    "AND p.created_at >= ? AND (p.created_at > ? OR p.id > ?) "
                    "ORDER BY p.created_at, p.id LIMIT ?"};
constexpr Sql kFind{"identity_provider.find", TENANTD_PROVIDERS "AND p.id = ?"};
constexpr Sql kFindKind{"identity_provider.find_kind", TENANTD_PROVIDERS "AND p.kind = ?"};
#undef TENANTD_PROVIDERS
constexpr Sql kCount{"identity_provider.count", "SELECT COUNT(*) FROM identity_provider WHERE org_id = ?"};
constexpr Sql kInsert{
    "identity_provider.insert",
    "INSERT INTO identity_provider (org_id, id, kind, client_id, client_secret_sealed, azure_tenant_id, "
    "auto_provision, allowed_domains, default_role_id, kept_by, created_at, updated_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kUpdate{
    "identity_provider.update",
    "UPDATE identity_provider SET client_id = ?, client_secret_sealed = ?, azure_tenant_id = ?, "
    "auto_provision = ?, allowed_domains = ?, default_role_id = ?, status = ?, kept_by = ?, "
    "revision = revision + 1, updated_at = ? WHERE org_id = ? AND id = ? AND revision = ?"};
constexpr Sql kDisable{"identity_provider.disable",
                       "UPDATE identity_provider SET status = 1, revision = revision + 1, updated_at = ? "
                       "WHERE org_id = ? AND status = 0 AND kept_by " TENANTD_IN_IDS};
constexpr Sql kDisableOidc{"oidc_provider.disable",
                           "UPDATE oidc_provider SET status = 1, revision = revision + 1, updated_at = ? "
                           "WHERE org_id = ? AND status = 0 AND kept_by " TENANTD_IN_IDS};
constexpr Sql kDelete{"identity_provider.delete",
                      "DELETE FROM identity_provider WHERE org_id = ? AND id = ?"};
constexpr Sql kSignInOrg{"identity_provider.organization", "SELECT sign_in_org(?, ?, ?)"};

constexpr Sql kInsertState{
    "oauth_state.insert",
    "INSERT INTO oauth_state (state, org_id, provider_id, browser, user_id, session_id, values_sealed, "
    "created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kFindState{
    "oauth_state.find",
    "SELECT state, provider_id, browser, user_id, session_id, values_sealed, created_at, "
    "expires_at "
    "FROM oauth_state WHERE org_id = ? AND state = ? "
    "AND (session_id IS NULL OR EXISTS (SELECT 1 FROM live_session l WHERE l.id = session_id))"};
constexpr Sql kDeleteState{"oauth_state.delete", "DELETE FROM oauth_state WHERE org_id = ? AND state = ?"};

}  // namespace

std::string joined_domains(const std::vector<std::string>& domains) {
  std::string text;
  for (const auto& domain : domains) text += (text.empty() ? "" : ",") + domain;
  return text;
}

std::vector<std::string> split_domains(const std::string& text) {
  std::vector<std::string> domains;
  for (const auto domain : split(text, ','))
    if (!domain.empty()) domains.emplace_back(domain);
  return domains;
}

namespace {

IdentityProvider read_provider(const db::Rows& rows) {
  IdentityProvider p;
  p.id = rows.id<ProviderId>(0);
  p.kind = parse_provider(rows.text(1)).value();
  p.client_id = rows.text(2);
  p.secret_sealed = rows.text(3);
  p.azure_tenant = rows.maybe_text(4);
  p.auto_provision = rows.flag(5);
  p.domains = split_domains(rows.text(6));
  p.default_role = rows.id<RoleId>(7);
  p.default_role_name = rows.text(8);
  p.revision = rows.integer(9);
  p.created_at = rows.time(10);
  p.updated_at = rows.time(11);
  p.enabled = rows.integer(12) == 0;
  p.kept_by = rows.maybe_id<UserId>(13);
  return p;
}

std::optional<IdentityProvider> first(db::Rows rows) {
  if (!rows.next()) return std::nullopt;
  return read_provider(rows);
}

}  // namespace

std::string_view provider_name(ProviderKind kind) {
  switch (kind) {
    case ProviderKind::microsoft: return "microsoft";
    case ProviderKind::google: return "google";
    case ProviderKind::oidc: return "oidc";
  }
  return "";
}

std::string IdentityProvider::shown_name() const {
  if (oidc) return oidc->name;
  return kind == ProviderKind::google ? "Google" : "Microsoft";
}

std::optional<ProviderKind> parse_provider(std::string_view name) {
  if (name == "microsoft") return ProviderKind::microsoft;
  if (name == "google") return ProviderKind::google;
  return std::nullopt;
}

std::vector<IdentityProvider> list_providers(db::Txn& txn, const TenantScope& scope,
                                             const std::optional<Keyset>& from, std::int64_t limit) {
  const Keyset start = from.value_or(Keyset{from_unix(-1), {}});
  auto rows = txn.query(kList, scope.org(), start.time, start.time, ProviderId{start.id}, limit);
  std::vector<IdentityProvider> found;
  while (rows.next()) found.push_back(read_provider(rows));
  return found;
}

std::int64_t count_providers(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kCount, scope.org());
  rows.next();
  return rows.integer(0);
}

std::optional<IdentityProvider> find_provider(db::Txn& txn, const TenantScope& scope, ProviderId id) {
  return first(txn.query(kFind, scope.org(), id));
}

std::optional<IdentityProvider> find_provider(db::Txn& txn, const TenantScope& scope, ProviderKind kind) {
  return first(txn.query(kFindKind, scope.org(), provider_name(kind)));
}

void insert_provider(db::Txn& txn, const TenantScope& scope, const IdentityProvider& p) {
  txn.execute(kInsert, scope.org(), p.id, provider_name(p.kind), p.client_id, p.secret_sealed, p.azure_tenant,
              p.auto_provision, joined_domains(p.domains), p.default_role, p.kept_by, p.created_at,
              p.updated_at);
}

bool update_provider(db::Txn& txn, const TenantScope& scope, const IdentityProvider& p, TimePoint now) {
  return txn.execute(kUpdate, p.client_id, p.secret_sealed, p.azure_tenant, p.auto_provision,
                     joined_domains(p.domains), p.default_role, p.enabled ? 0 : 1, p.kept_by, now,
                     scope.org(), p.id, p.revision) == 1;
}

std::int64_t disable_providers_of(db::Txn& txn, const TenantScope& scope, const std::vector<UserId>& keepers,
                                  TimePoint now) {
  return txn.execute(kDisable, now, scope.org(), id_list(keepers)) +
         txn.execute(kDisableOidc, now, scope.org(), id_list(keepers));
}

bool delete_provider(db::Txn& txn, const TenantScope& scope, ProviderId id) {
  return txn.execute(kDelete, scope.org(), id) == 1;
}

std::optional<OrgId> find_sign_in_organization(db::Txn& txn, const std::string& id_or_slug,
                                               ProviderKind kind) {
  const auto id = OrgId::parse(id_or_slug);
  const auto slug = id ? std::nullopt : std::optional{id_or_slug};
  auto rows = txn.query(kSignInOrg, id, slug, provider_name(kind));
  if (!rows.next()) return std::nullopt;
  return rows.maybe_id<OrgId>(0);
}

void insert_oauth_state(db::Txn& txn, const TenantScope& scope, const OauthState& state) {
  txn.execute(kInsertState, state.state, scope.org(), state.provider, state.browser, state.user,
              state.session, state.values_sealed, state.created_at, state.expires_at);
}

std::optional<OauthState> find_oauth_state(db::Txn& txn, const TenantScope& scope, const std::string& state) {
  auto rows = txn.query(kFindState, scope.org(), state);
  if (!rows.next()) return std::nullopt;
  return OauthState{rows.text(0),
                    rows.id<ProviderId>(1),
                    rows.text(2),
                    rows.maybe_id<UserId>(3),
                    rows.maybe_id<SessionId>(4),
                    rows.text(5),
                    rows.time(6),
                    rows.time(7)};
}

std::optional<OauthState> take_oauth_state(db::Txn& txn, const TenantScope& scope, const std::string& state) {
  auto found = find_oauth_state(txn, scope, state);
  // Of those that saw it, the one whose DELETE finds the row has it.
  if (!found || txn.execute(kDeleteState, scope.org(), state) != 1) return std::nullopt;
  return found;
}

}  // namespace tenantd::store
