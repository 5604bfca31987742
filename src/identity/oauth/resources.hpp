// Resource indicators (RFC 8707): for which API a client's tokens are. Without one, and for PUBLIC_URL, for
// this service's own. Another API is a client with a `resource`; its tokens open nothing here.
#pragma once

#include <optional>
#include <string>

#include "identity/oauth/clients_store.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// True for an address of this service's own API.
bool is_own_api(const Context& context, const std::string& resource);

// True if the client may ask for tokens for the API, used in `org`. An organization's API is for its clients
// and for its members; one of the service's own for all.
bool may_use(db::Txn& txn, const store::FoundClient& client, const std::string& resource,
             const std::optional<OrgId>& org);

// What `asked` means to a request for tokens where `held` was let in: nullopt for this service's own API.
// Throws ApiError(invalid_request) by the word invalid_target.
std::optional<std::string> narrowed_resource(const Context& context, const std::optional<std::string>& held,
                                             const std::optional<std::string>& asked);

[[noreturn]] void refuse_target();

}  // namespace tenantd::service
