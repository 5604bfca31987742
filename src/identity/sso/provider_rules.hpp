// What providers of every kind are held to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "identity/sso/identity_providers_store.hpp"
#include "tenantd/base/json.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/identity/organizations_store.hpp"

namespace tenantd::service {

// Lower-case A-labels, each once. Throws ApiError(validation_failed) at /allowed_domains.
std::vector<std::string> normalized_domains(const std::vector<std::string>& typed);

// What a provider may give: no more than whoever sets it up holds, and never everything. Throws ApiError:
// validation_failed at `pointer`, role_outranks.
RoleRecord grantable_role(db::Txn& txn, const TenantScope& scope, const std::string& name,
                          const std::string& pointer = "/default_role_name");

// A provider's secret opens in its own row alone.
std::string provider_seal_context(OrgId org, ProviderId id);

// "identity_provider.created", .updated and .deleted, as audit row and event.
void record_provider(const Work& work, std::string_view action, const store::IdentityProvider& provider,
                     json::Object before, json::Object after);

}  // namespace tenantd::service
