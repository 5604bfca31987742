#include "identity/sso/identity_providers.hpp"

#include "identity/sso/provider_rules.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/organizations_store.hpp"
#include "tenantd/identity/standing.hpp"

namespace tenantd::service {
namespace {

using store::IdentityProvider;
using store::ProviderKind;

[[noreturn]] void refuse(const char* pointer, const char* why) {
  throw ApiError(ErrorCode::validation_failed).field(pointer, why);
}

// A tenant of Entra by its id. The names that stand for everybody's tenants are none.
std::optional<std::string> azure_tenant(const IdentityProvider& provider, const ProviderForm& form) {
  if (provider.kind == ProviderKind::google && form.azure_tenant)
    refuse("/azure_tenant_id", "is for microsoft alone");
  if (!form.azure_tenant) return provider.azure_tenant;
  const auto id = parse_uuid(*form.azure_tenant);
  if (!id || *id == UuidBytes{}) refuse("/azure_tenant_id", "must be the directory's id, a UUID");
  return format_uuid(*id);
}

// Writes the form into `provider`.
void apply(const Work& work, const ProviderForm& form, IdentityProvider& provider) {
  provider.azure_tenant = azure_tenant(provider, form);
  if (form.domains) provider.domains = normalized_domains(*form.domains);
  provider.auto_provision = form.auto_provision.value_or(provider.auto_provision);
  // Whoever has an account at the provider would become a member.
  if (provider.auto_provision && provider.domains.empty())
    refuse("/allowed_domains", "is required with auto_provision_users: it says whose accounts are made");
  provider.client_id = form.client_id.value_or(provider.client_id);
  provider.enabled = form.enabled.value_or(provider.enabled);
  const auto role =
      grantable_role(work.txn, work.scope, form.default_role.value_or(provider.default_role_name));
  provider.default_role = role.id;
  provider.default_role_name = role.name;
  provider.kept_by = work.scope.user();
  if (form.client_secret)
    provider.secret_sealed = crypto::seal(work.context.keys.seal_key(), form.client_secret->reveal(),
                                          provider_seal_context(work.scope.org(), provider.id));
}

json::Object values_of(const IdentityProvider& provider) {
  json::Object values;
  values.set("provider", store::provider_name(provider.kind))
      .set("client_id", provider.client_id)
      .set("client_secret", kMasked)
      .set("azure_tenant_id", provider.azure_tenant)
      .set("auto_provision_users", provider.auto_provision)
      .set("allowed_domains", provider.domains)
      .set("default_role_name", provider.default_role_name)
      .set("enabled", provider.enabled)
      .set("kept_by", provider.kept_by);
  return values;
}

IdentityProvider provider_under_lock(const Work& work, ProviderId id) {
  stand_for_good(work);
  auto provider = store::find_provider(work.txn, work.scope, id);
  if (!provider) throw ApiError(ErrorCode::not_found);
  return *std::move(provider);
}

}  // namespace

IdentityProvider make_provider(const Work& work, ProviderKind kind, const ProviderForm& form) {
  IdentityProvider provider;
  provider.id = crypto::new_id<ProviderId>();
  provider.kind = kind;
  provider.created_at = provider.updated_at = work.context.now;
  stand_for_good(work);
  apply(work, form, provider);
  try {
    store::insert_provider(work.txn, work.scope, provider);
  } catch (const db::DuplicateKey&) {
    throw ApiError(ErrorCode::conflict, "The organization has a provider of this kind: change that one");
  }
  record_provider(work, "identity_provider.created", provider, {}, values_of(provider));
  return provider;
}

IdentityProvider change_provider(const Work& work, ProviderId id, const ProviderForm& form) {
  auto provider = provider_under_lock(work, id);
  require_expected(work.context, provider.revision);
  const auto before = values_of(provider);
  apply(work, form, provider);
  if (!store::update_provider(work.txn, work.scope, provider, work.context.now))
    throw ApiError(ErrorCode::precondition_failed);
  if (!provider.enabled) store::delete_bound_steps(work.txn, work.scope.org());
  ++provider.revision;
  provider.updated_at = work.context.now;
  auto after = values_of(provider);
  if (form.client_secret) after.set("client_secret_changed", true);
  record_provider(work, "identity_provider.updated", provider, before, after);
  return provider;
}

void remove_provider(const Work& work, ProviderId id) {
  const auto provider = provider_under_lock(work, id);
  require_expected(work.context, provider.revision);
  store::delete_provider(work.txn, work.scope, id);
  store::delete_bound_steps(work.txn, work.scope.org());
  record_provider(work, "identity_provider.deleted", provider, values_of(provider), {});
}

void require_organization(db::Txn& txn, const TenantScope& scope) {
  if (scope.is_super() && !store::find_organization(txn, scope)) throw ApiError(ErrorCode::not_found);
}

Secret client_secret_of(const Context& context, OrgId org, const IdentityProvider& provider) {
  return Secret{crypto::unseal(context.keys.seal_key(), provider.secret_sealed,
                               provider_seal_context(org, provider.id))};
}

}  // namespace tenantd::service
