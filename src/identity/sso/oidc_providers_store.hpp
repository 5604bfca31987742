// The OpenID Connect providers of an organization's own choice. They lie in the table of Google's and
// Microsoft's, behind a view of their own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "identity/sso/identity_providers_store.hpp"

namespace tenantd::store {

// All of these have `oidc`. Returns at most `limit`, oldest first, after `from`.
std::vector<IdentityProvider> list_oidc_providers(db::Txn& txn, const TenantScope& scope,
                                                  const std::optional<Keyset>& from, std::int64_t limit);
std::int64_t count_oidc_providers(db::Txn& txn, const TenantScope& scope);
std::optional<IdentityProvider> find_oidc_provider(db::Txn& txn, const TenantScope& scope, ProviderId id);
std::optional<IdentityProvider> find_oidc_provider(db::Txn& txn, const TenantScope& scope,
                                                   const std::string& slug);
// Throws db::DuplicateKey if the organization has one of this slug.
void insert_oidc_provider(db::Txn& txn, const TenantScope& scope, const IdentityProvider& provider);
// Stores all but id, slug and issuer as the next revision. False if `provider.revision` is no longer the
// newest one.
bool update_oidc_provider(db::Txn& txn, const TenantScope& scope, const IdentityProvider& provider,
                          TimePoint now);
// The sign-ins that are under way end with it.
bool delete_oidc_provider(db::Txn& txn, const TenantScope& scope, ProviderId id);

// The active organization of this id or slug, if it has any provider that is on: for those who are nobody
// there yet.
std::optional<OrgId> find_sign_in_home(db::Txn& txn, const std::string& id_or_slug);

// A way in by a provider that is on.
struct ActiveProvider {
  ProviderId id;
  ProviderKind kind = ProviderKind::oidc;
  std::string way;   // what stands for it in addresses
  std::string name;  // as people read it
};
ActiveProvider active_provider(ProviderId id, const std::string& kind, const std::string& slug,
                               const std::string& name);
// Google first, then Microsoft, then the others by their names.
std::vector<ActiveProvider> list_active_providers(db::Txn& txn, const TenantScope& scope);

}  // namespace tenantd::store
