#include "identity/domains/discovery.hpp"

#include "identity/domains/domains_store.hpp"

namespace tenantd::service {

SignInWays discover_ways(db::Txn& txn, const Email& email) {
  SignInWays ways;
  const auto found = store::discover(txn, email.domain());
  if (!found) return ways;
  ways.providers = found->ways;
  // An organization without a provider has nothing to offer: nobody is told that it has proven the domain.
  if (!ways.providers.empty()) ways.organization = {found->slug, found->name};
  ways.password = !found->sso_enforced || ways.providers.empty();
  return ways;
}

bool has_active_provider(db::Txn& txn, const TenantScope& scope) {
  return !store::list_active_providers(txn, scope).empty();
}

}  // namespace tenantd::service
