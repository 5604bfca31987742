// By which providers people sign in to an organization, for whoever asks before anybody is signed in.
#pragma once

#include <string>
#include <vector>

#include "identity/sso/oidc_providers_store.hpp"

namespace tenantd::service {

// Those that are on. `tenant`: id or slug; empty for an organization that there is not. Enters its scope.
std::vector<store::ActiveProvider> active_providers(db::Txn& txn, const std::string& tenant);

}  // namespace tenantd::service
