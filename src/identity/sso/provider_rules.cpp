#include "identity/sso/provider_rules.hpp"

#include <algorithm>

#include "identity/roles/named_role.hpp"
#include "tenantd/domain/email.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"

namespace tenantd::service {
namespace {

constexpr std::size_t kMaxDomains = 4000;  // characters, as the column has

}  // namespace

std::vector<std::string> normalized_domains(const std::vector<std::string>& typed) {
  const auto refuse_domain = [](const std::string& pointer, const char* why) {
    throw ApiError(ErrorCode::validation_failed).field(pointer, why);
  };
  std::vector<std::string> domains;
  std::size_t characters = 0;
  for (std::size_t i = 0; i < typed.size(); ++i) {
    auto domain = parse_domain(typed[i]);
    if (!domain) refuse_domain("/allowed_domains/" + std::to_string(i), "is no domain");
    characters += domain->size() + 1;
    if (std::find(domains.begin(), domains.end(), *domain) == domains.end())
      domains.push_back(*std::move(domain));
  }
  if (characters > kMaxDomains) refuse_domain("/allowed_domains", "are too many");
  return domains;
}

RoleRecord grantable_role(db::Txn& txn, const TenantScope& scope, const std::string& name,
                          const std::string& pointer) {
  const auto role = named_role(txn, scope, name, pointer);
  if (!scope.permissions().covers(role.permissions)) throw ApiError(ErrorCode::role_outranks);
  if (role.name == kOwnerRole)
    throw ApiError(ErrorCode::validation_failed).field(pointer, "must not be the owner's");
  return role;
}

std::string provider_seal_context(OrgId org, ProviderId id) {
  return "identity_provider:" + org.str() + ':' + id.str();
}

void record_provider(const Work& work, std::string_view action, const store::IdentityProvider& provider,
                     json::Object before, json::Object after) {
  Change change{action, "identity_provider", provider.id.bytes(), std::move(before), std::move(after)};
  change.data.set("provider", store::provider_name(provider.kind));
  if (provider.oidc) change.data.set("slug", provider.oidc->slug);
  record(work, change);
}

}  // namespace tenantd::service
