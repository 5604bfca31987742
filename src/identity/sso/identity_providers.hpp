// Which identity providers vouch for an organization's members, and on which terms.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "identity/sso/identity_providers_store.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// What is not named stays as it was; a new provider's schema names what it must have.
struct ProviderForm {
  std::optional<std::string> client_id;
  std::optional<Secret> client_secret;
  std::optional<std::string> azure_tenant;
  std::optional<bool> auto_provision;
  std::optional<std::vector<std::string>> domains;  // as typed
  std::optional<std::string> default_role;
  std::optional<bool> enabled;
};

// Throws ApiError: validation_failed, role_outranks (newcomers would get more than the caller holds),
// not_found (no such role, or organization), conflict (there is one of this kind).
store::IdentityProvider make_provider(const Work& work, store::ProviderKind kind, const ProviderForm& form);
// The same; besides throws ApiError(precondition_failed).
store::IdentityProvider change_provider(const Work& work, ProviderId id, const ProviderForm& form);
// Who has signed in by it stays signed in, and nobody signs in by it any more. Throws ApiError(not_found).
void remove_provider(const Work& work, ProviderId id);

// Throws ApiError(not_found) unless there is such an organization: for a super-admin, who need be no member.
void require_organization(db::Txn& txn, const TenantScope& scope);

// Opens in its own row only.
Secret client_secret_of(const Context& context, OrgId org, const store::IdentityProvider& provider);

}  // namespace tenantd::service
