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

enum class ProviderKind { microsoft, google, oidc };
std::string_view provider_name(ProviderKind kind);
// Returns nullopt for any other name than "microsoft" and "google", of which an organization has one each.
std::optional<ProviderKind> parse_provider(std::string_view name);

// What the members of a provider's group get.
struct GroupRole {
  std::string group;
  RoleId role;
  std::string role_name;
};

// What an OpenID Connect provider of the organization's own choice is besides (oidc_providers_store.hpp).
struct OidcTerms {
  std::string slug;        // its name in addresses
  std::string name;        // as people read it
  std::string issuer;      // to the letter
  bool has_key = false;    // private_key_jwt: `secret_sealed` is a private key
  std::string client_jwk;  // its public half
  std::string scopes;      // besides openid, email and profile; blanks between
  std::string email_claim = "email";
  std::string name_claim = "name";
  std::optional<std::string> groups_claim;
  std::vector<GroupRole> groups;  // the first that fits counts
  bool groups_each_time = false;  // else the first sign-in alone gives a role
  bool trust_addresses = false;   // those of the allowed domains count without email_verified
};

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
  std::optional<OidcTerms> oidc = {};  // of this kind

  // What stands for it in addresses: google, microsoft, or its slug.
  std::string way() const { return oidc ? oidc->slug : std::string{provider_name(kind)}; }
  // As people read it.
  std::string shown_name() const;
};

// As the column holds domains.
std::string joined_domains(const std::vector<std::string>& domains);
std::vector<std::string> split_domains(const std::string& text);

// Those of Google and Microsoft. Returns at most `limit`, oldest first, after `from`.
std::vector<IdentityProvider> list_providers(db::Txn& txn, const TenantScope& scope,
                                             const std::optional<Keyset>& from, std::int64_t limit);
std::int64_t count_providers(db::Txn& txn, const TenantScope& scope);
std::optional<IdentityProvider> find_provider(db::Txn& txn, const TenantScope& scope, ProviderId id);
std::optional<IdentityProvider> find_provider(db::Txn& txn, const TenantScope& scope, ProviderKind kind);
// Throws db::DuplicateKey if the organization has one of this kind.
void insert_provider(db::Txn& txn, const TenantScope& scope, const IdentityProvider& provider);
// Stores all but id and kind as the next revision. False if `provider.revision` is no longer the newest one.
bool update_provider(db::Txn& txn, const TenantScope& scope, const IdentityProvider& provider, TimePoint now);
// Switches off those of every kind that `keepers` answer for. Returns how many were on.
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
