// By which ways somebody signs in, told by the domain of the address alone (home-realm discovery).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "identity/sso/oidc_providers_store.hpp"
#include "tenantd/domain/email.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

struct SignInWays {
  // That has proven the domain and has an active provider; the reply names no other.
  std::optional<std::pair<std::string, std::string>> organization;  // slug, name
  std::vector<store::ActiveProvider> providers;
  bool password = true;
};

// No account is looked at: the reply to an address that nobody has is that to its neighbour's.
SignInWays discover_ways(db::Txn& txn, const Email& email);

// Whether somebody can sign in by a provider of the organization. The one place that asks.
bool has_active_provider(db::Txn& txn, const TenantScope& scope);

}  // namespace tenantd::service
