// The identity providers of one organization, and the sign-ins that are on their way to one of them and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::store {

enum class ProviderKind { microsoft, google };
std::string_view provider_name(ProviderKind kind);
std::optional<ProviderKind> parse_provider(std::string_view name);

struct IdentityProvider {
  ProviderId id;
  bool enabled = true;  // else nobody signs in by it
  ProviderKind kind = ProviderKind::google;
  std::string client_id;
  std::string secret_sealed;
  std::optional<std::string> azure_tenant;  // microsoft: lower-case GUID
  bool auto_provision = false;
  std::vector<std::string> domains;  // lower-case A-labels
  RoleId default_role;
  std::string default_role_name;
  std::optional<UserId> kept_by;  // who answers for the newcomers: who made it, or saved it last
  std::int64_t revision = 1;      // counts changes
  TimePoint created_at;
  TimePoint updated_at;
};

// Returns at most `limit`, oldest first, after `from`.
std::vector<IdentityProvider> list_providers(db::Txn& txn, const TenantScope& scope,
                                             const std::optional<Keyset>& from, std::int64_t limit);
std::int64_t count_providers(db::Txn& txn, const TenantScope& scope);
std::optional<IdentityProvider> find_provider(db::Txn& txn, const TenantScope& scope, ProviderId id);
std::optional<IdentityProvider> find_provider(db::Txn& txn, const TenantScope& scope, ProviderKind kind);
// Throws db::DuplicateKey if the organization has one of this kind.
void insert_provider(db::Txn& txn, const TenantScope& scope, const IdentityProvider& provider);
// Stores all but id and kind as the next revision. False if `provider.revision` is no longer the newest one.
bool update_provider(db::Txn& txn, const TenantScope& scope, const IdentityProvider& provider, TimePoint now);
// Switches off those that `keepers` answer for. Returns how many were on.
std::int64_t disable_providers_of(db::Txn& txn, const TenantScope& scope, const std::vector<UserId>& keepers,
                                  TimePoint now);
// The sign-ins that are under way end with it.
bool delete_provider(db::Txn& txn, const TenantScope& scope, ProviderId id);

// The active organization of this id or slug, if it has a provider of this kind: for those who are nobody
// there yet.
std::optional<OrgId> find_sign_in_organization(db::Txn& txn, const std::string& id_or_slug,
                                               ProviderKind kind);

// A sign-in under way. `state` and `browser` are SHA-256 of what the browser holds.
struct OauthState {
  std::string state;
  ProviderId provider;
  std::string browser;
  std::optional<UserId> user;        // who asked for a link to the own account
  std::optional<SessionId> session;  // in which, and with which it is gone
  std::string values_sealed;
  TimePoint created_at;
  TimePoint expires_at;
};
void insert_oauth_state(db::Txn& txn, const TenantScope& scope, const OauthState& state);
std::optional<OauthState> find_oauth_state(db::Txn& txn, const TenantScope& scope, const std::string& state);
// Uses it up: of any number that ask, one gets it. Expiry is the caller's to judge.
std::optional<OauthState> take_oauth_state(db::Txn& txn, const TenantScope& scope, const std::string& state);

}  // namespace tenantd::store
