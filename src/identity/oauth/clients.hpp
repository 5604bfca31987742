// OAuth clients: registered, changed, ended, given another secret. An organization's by its members who hold
// oauth_clients:manage; the service's own by super-admins, under the organization of zeros.
#pragma once

#include <functional>
#include <string>

#include "identity/oauth/clients_store.hpp"
#include "tenantd/base/secret.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// For so long the secret of before a rotation is good too.
inline constexpr Seconds kPreviousClientSecret{86400};

struct MadeClient {
  store::OauthClient client;
  std::optional<Secret> secret;  // "tcs_…", the only time it is seen; none for a client that has none
};

// `client`: as a body filled it. Throws ApiError: validation_failed (what its fields say together cannot be),
// role_outranks (a scope that the caller does not hold), limit_reached.
MadeClient make_client(const Work& work, store::OauthClient client);
// Throws ApiError: not_found, precondition_failed, and as make_client. How it authenticates stays.
store::OauthClient change_client(const Work& work, ClientId id,
                                 const std::function<void(store::OauthClient&)>& edit);
// All that it holds ends with it. Throws ApiError: not_found, role_outranks (it may more than the caller, who
// has not registered it).
void remove_client(const Work& work, ClientId id);
// Throws ApiError: not_found, conflict (it has no secret), role_outranks (it may more than the caller).
MadeClient rotate_client_secret(const Work& work, ClientId id);

}  // namespace tenantd::service
